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
      axisLabel: spec.kind === "range"
        ? { color: ink.mute, fontSize: 11, interval: 0, width: 76, overflow: "break" }
        : { color: sideways ? ink.ink : ink.mute, fontSize: 12, hideOverlap: true },
    };
    const values = {
      type: "value",
      show: !spark && !sideways,
      // A share ends at the whole.
      max: sideways ? "dataMax" : spec.kind === "range" && spec.unit === "share" ? ({ max }) => (max > 0.8 ? 1 : null) : undefined,
      minInterval: spec.unit === "share" ? undefined : 1,
      splitNumber: spec.kind === "range" ? 5 : 4,
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

  // A mark with its interval; the series stand beside each other at their point, and differ in shape.
  function ranges(spec, dyes) {
    const marks = ["circle", "rect"];
    return spec.series.map((series, at) => ({
      name: series.name,
      type: "custom",
      color: dyes[at],
      itemStyle: { color: dyes[at] },
      encode: { x: 0, y: [1, 2, 3], tooltip: 1 },
      data: series.data.map((value, point) => [point, value, series.low?.[point] ?? value, series.high?.[point] ?? value]),
      renderItem(_, api) {
        if (Number.isNaN(api.value(1)) || api.value(1) === null) return null;
        const aside = (at - (spec.series.length - 1) / 2) * 18;
        const [x, y] = api.coord([api.value(0), api.value(1)]);
        const [, top] = api.coord([0, api.value(3)]);
        const [, end] = api.coord([0, api.value(2)]);
        const stroke = (x1, y1, x2, y2) => ({ type: "line", shape: { x1: x1 + aside, y1, x2: x2 + aside, y2 }, style: { stroke: dyes[at], lineWidth: 1.75 } });
        const mark = marks[at % 2] === "circle"
          ? { type: "circle", shape: { cx: x + aside, cy: y, r: 4.5 }, style: { fill: dyes[at] } }
          : { type: "rect", shape: { x: x + aside - 4, y: y - 4, width: 8, height: 8 }, style: { fill: dyes[at] } };
        return { type: "group", children: [stroke(x, top, x, end), stroke(x - 4, top, x + 4, top), stroke(x - 4, end, x + 4, end), mark] };
      },
    }));
  }

  function sayRange(spec) {
    return (points) => {
      const box = document.createElement("div");
      const line = (text, strong) => {
        const each = box.appendChild(document.createElement(strong ? "strong" : "div"));
        each.textContent = text;
      };
      line(spec.x[points[0]?.dataIndex ?? 0], true);
      for (const { seriesName, value: [, value, low, high] } of points)
        line(`${seriesName}: ${sayValue(value, spec.unit)}${value === null || low === high ? "" : ` (${sayValue(low, spec.unit)} to ${sayValue(high, spec.unit)})`}`);
      return box;
    };
  }

  function sankey(spec, ink) {
    const titles = spec.x;
    return {
      animation: !still.matches,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink.ink },
      tooltip: {
        backgroundColor: ink.paper,
        borderColor: ink.line,
        textStyle: { color: ink.ink, fontSize: 12 },
        formatter: ({ dataType, data, value }) => {
          const box = document.createElement("div");
          const which = dataType === "edge" ? `${titles[data.source]} → ${titles[data.target]}` : titles[data.name];
          box.textContent = `${which}: ${sayValue(value, spec.unit)}`;
          return box;
        },
      },
      series: [{
        type: "sankey",
        left: 2, right: 2, top: 8, bottom: 8,
        nodeWidth: 12,
        nodeGap: 14,
        layoutIterations: 0, // in the order they are given in, which is that of the ladder
        draggable: false,
        emphasis: { focus: "adjacency" },
        data: titles.map((_, at) => ({
          name: String(at),
          itemStyle: { color: stageColour(spec.stages[at]), borderWidth: 0 },
          label: { position: spec.links.some(([from]) => from === at) ? "right" : "left" },
        })),
        links: spec.links.map(([from, to, value]) => ({ source: String(from), target: String(to), value })),
        lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 },
        label: { color: ink.ink, fontSize: 12, textBorderColor: ink.paper, textBorderWidth: 3, formatter: ({ name, value }) => `${titles[name]} ${sayValue(value, "")}` },
      }],
    };
  }

  function option(spec) {
    const ink = { ink: css("--ink"), mute: css("--mute"), line: css("--line"), wash: css("--wash-2"), paper: css("--paper") };
    if (spec.kind === "sankey") return sankey(spec, ink);
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
        formatter: spec.kind === "range" ? sayRange(spec) : undefined,
      },
      ...axes(spec, ink),
      series: spec.kind === "range" ? ranges(spec, colours(spec)) : seriesOf(spec, colours(spec), ink),
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
