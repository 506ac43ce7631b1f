// A Payload site on SQLite with its REST, as the tests start it: node server.mjs PORT
import http from 'node:http'

// Modules that wait at their top level and import one another can wait for ever on Node 20 when they are loaded at
// once: one after the other they do not.
const lexical = ['lexical', 'utils', 'selection', 'html', 'list', 'clipboard', 'rich-text', 'link', 'table', 'headless']
for (const name of [...lexical, 'markdown', 'mark']) await import(name === 'lexical' ? name : `@lexical/${name}`)
const { lexicalEditor } = await import('@payloadcms/richtext-lexical')
const { buildConfig, getPayload, handleEndpoints } = await import('payload')
const { sqliteAdapter } = await import('@payloadcms/db-sqlite')
const { moderation } = await import('./moderation.mjs')

const options = JSON.parse(process.env.MODERATION_OPTIONS)
const verdicts = []
const hook = moderation({ ...options, onVerdict: (verdict) => verdicts.push(verdict.action) })
const everybody = { create: () => true, delete: () => true, read: () => true, update: () => true }
const fields = [
  { name: 'title', type: 'text' },
  { name: 'summary', type: 'textarea' },
  { name: 'content', type: 'richText' },
  {
    name: 'layout',
    type: 'blocks',
    blocks: [{ slug: 'quote', fields: [{ name: 'body', type: 'textarea' }, { name: 'who', type: 'text' }] }],
  },
]
const config = await buildConfig({
  collections: [
    { slug: 'articles', access: everybody, fields, hooks: { beforeChange: [hook] }, versions: { drafts: true } },
    { slug: 'notes', access: everybody, fields, hooks: { beforeChange: [hook] } },
  ],
  db: sqliteAdapter({ client: { url: `file:${process.cwd()}/site.db` }, push: true }),
  editor: lexicalEditor({}),
  secret: 'only for tests',
  telemetry: false,
})
await getPayload({ config })

http
  .createServer(async (incoming, outgoing) => {
    const address = `http://127.0.0.1:${process.argv[2]}${incoming.url}`
    if (incoming.url === '/verdicts') return outgoing.end(JSON.stringify(verdicts))
    const parts = []
    for await (const part of incoming) parts.push(part)
    const body = parts.length ? Buffer.concat(parts) : undefined
    const request = new Request(address, { body, headers: incoming.headers, method: incoming.method })
    const answer = await handleEndpoints({ config, request })
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
    outgoing.end(Buffer.from(await answer.arrayBuffer()))
  })
  .listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))
