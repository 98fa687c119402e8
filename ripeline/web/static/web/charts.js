// Draws every [data-chart] from the JSON beside it (see ripeline/web/charts.py) in the colours of the theme.
(() => {
  const drawn = new Map();
  const css = (name) => getComputedStyle(probe(name)).color;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const sizes = new ResizeObserver((changes) => changes.forEach(({ target }) => drawn.get(target)?.resize()));
  let dye;

  // light-dark() is resolved by the browser only on a property that is a colour.
  function probe(name) {
    if (!dye) {
      dye = document.body.appendChild(document.createElement("i"));
      dye.hidden = true;
    }
    dye.style.color = `var(${name})`;
    return dye;
  }

  const slot = ([index, count]) => (index <= 0 ? 0 : index >= count - 1 ? 7 : Math.min(index, 6));
  const stageColour = (stage) => css(`--stage-${slot(stage)}`);

  function colours(spec) {
    const plain = ["--accent", "--stage-2", "--stage-3", "--stage-1", "--stage-4", "--stage-0"];
    return spec.series.map((series, at) => (series.stage ? stageColour(series.stage) : css(plain[at % plain.length])));
  }

  function sayValue(value, unit) {
    if (value === null || value === undefined) return "–";
    if (unit === "share") return new Intl.NumberFormat("en-GB", { style: "percent", maximumFractionDigits: 1 }).format(value);
    if (/^[A-Z]{3}$/.test(unit ?? "")) return new Intl.NumberFormat("en-GB", { style: "currency", currency: unit, maximumFractionDigits: 0 }).format(value);
    const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 }).format(value);
    return unit ? `${number} ${unit}` : number;
  }

  function axes(spec, ink) {
    const sideways = spec.kind === "hbar" || spec.kind === "funnel";
    const spark = spec.kind === "spark";
    const names = {
      type: "category",
      data: spec.x,
      inverse: sideways,
      show: !spark,
      boundaryGap: !["line", "area", "spark"].includes(spec.kind),
      axisLine: { lineStyle: { color: ink.line } },
      axisTick: { show: false },
      axisLabel: { color: sideways ? ink.ink : ink.mute, fontSize: 12, hideOverlap: true },
    };
    const values = {
      type: "value",
      show: !spark && !sideways,
      max: sideways ? "dataMax" : undefined,
      minInterval: spec.unit === "share" ? undefined : 1,
      splitNumber: 4,
      splitLine: { lineStyle: { color: ink.line } },
      axisLabel: { color: ink.mute, fontSize: 11, formatter: (value) => sayValue(value, /^([A-Z]{3}|share)$/.test(spec.unit ?? "") ? spec.unit : "") },
    };
    return sideways ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values };
  }

  function seriesOf(spec, dyes, ink) {
    const bars = ["bar", "hbar", "funnel", "stacked"].includes(spec.kind);
    return spec.series.map((series, at) => ({
      name: series.name,
      type: bars ? "bar" : "line",
      stack: spec.kind === "stacked" ? "all" : undefined,
      data: series.data.map((value, point) =>
        spec.stages ? { value, itemStyle: { color: stageColour(spec.stages[point]) } } : value),
      color: dyes[at],
      barMaxWidth: 22,
      showBackground: spec.kind === "funnel",
      backgroundStyle: { color: ink.wash, borderRadius: 3 },
      itemStyle: bars ? { borderRadius: spec.kind === "stacked" ? 0 : 3 } : {},
      label: { show: ["hbar", "funnel"].includes(spec.kind), position: "right", color: ink.ink, formatter: ({ value }) => sayValue(value, spec.unit) },
      symbol: ["circle", "rect", "triangle", "diamond", "emptyCircle"][at % 5], // told apart without colour
      symbolSize: 6,
      showSymbol: spec.x.length < 32 && spec.kind !== "spark",
      lineStyle: { width: 2 },
      areaStyle: spec.kind === "area" || spec.kind === "spark" ? { opacity: 0.12 } : undefined,
      connectNulls: false,
    }));
  }

  function option(spec) {
    const ink = { ink: css("--ink"), mute: css("--mute"), line: css("--line"), wash: css("--wash-2"), paper: css("--paper") };
    const several = spec.series.length > 1;
    const sideways = spec.kind === "hbar" || spec.kind === "funnel";
    return {
      animation: !still.matches,
      animationDuration: 300,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink.ink },
      grid: spec.kind === "spark"
        ? { left: 2, right: 2, top: 4, bottom: 4 }
        : { left: 2, right: sideways ? 96 : 14, top: several ? 34 : 12, bottom: 6, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: several ? { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: ink.ink } } : undefined,
      tooltip: {
        trigger: "axis",
        axisPointer: { type: spec.kind === "line" || spec.kind === "area" ? "line" : "shadow", shadowStyle: { opacity: 0.08 }, lineStyle: { color: ink.mute } },
        backgroundColor: ink.paper,
        borderColor: ink.line,
        textStyle: { color: ink.ink, fontSize: 12 },
        valueFormatter: (value) => sayValue(value, spec.unit),
      },
      ...axes(spec, ink),
      series: seriesOf(spec, colours(spec), ink),
    };
  }

  function draw(box) {
    const told = document.getElementById(box.dataset.chart);
    if (!told || !window.echarts) return;
    drawn.get(box)?.dispose(); // a fresh one: redrawing in place animates from one theme's colours to the other's
    const plot = window.echarts.init(box, null, { renderer: "svg" });
    drawn.set(box, plot);
    plot.setOption(option(JSON.parse(told.textContent)));
    sizes.observe(box);
    const table = box.parentElement.querySelector(".plot-table:not([data-asked])");
    if (table) {
      table.open = false;
      table.dataset.asked = "";
    }
  }

  function drawAll(again) {
    for (const [box, plot] of drawn) {
      if (box.isConnected) continue;
      plot.dispose();
      drawn.delete(box);
    }
    for (const box of document.querySelectorAll("[data-chart]")) if (again || !drawn.has(box)) draw(box);
  }

  document.addEventListener("theme", () => drawAll(true));
  document.addEventListener("htmx:afterSettle", () => drawAll(false));
  window.addEventListener("beforeprint", () => document.querySelectorAll(".plot-table").forEach((table) => (table.open = true)));
  drawAll(false);
})();
