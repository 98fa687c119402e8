// Sends so many events of each kind by Segment's own SDK, one each few milliseconds; prints the ids of its messages.
import { Analytics } from "@segment/analytics-node"

const [host, writeKey, rounds] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 7, flushInterval: 200, maxRetries: 30 })
const calls = [
  (n) => analytics.track({ userId: `u${n}`, event: "Pricing Viewed", properties: { n, nested: { a: [1, 2] } } }),
  (n) => analytics.page({ anonymousId: `a${n}`, name: "Pricing", properties: { url: "https://x.example/p" } }),
  (n) => analytics.screen({ userId: `u${n}`, name: "Home" }),
  (n) => analytics.identify({ userId: `u${n}`, traits: { email: `u${n}@x.example`, name: "Ünï Cødé" } }),
  (n) => analytics.group({ userId: `u${n}`, groupId: "g1", traits: { name: "X" } }),
  (n) => analytics.alias({ userId: `u${n}`, previousId: `a${n}` }),
]

const ids = []
analytics.on("http_request", ({ body }) => {
  const sent = typeof body === "string" ? JSON.parse(body) : body
  ids.push(...sent.batch.map((event) => event.messageId))
})
analytics.on("error", (problem) => console.error("failed:", problem.reason ?? problem))
for (let n = 0; n < Number(rounds); n++) {
  for (const call of calls) {
    call(n)
    await new Promise((wake) => setTimeout(wake, 4))
  }
}
await analytics.closeAndFlush({ timeout: 60000 })
console.log(JSON.stringify([...new Set(ids)]))
