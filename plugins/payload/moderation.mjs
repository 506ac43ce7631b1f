// A `beforeChange` hook for Payload 3: what is about to be published is judged first, by a running service.
//
//   import { moderation } from './moderation.mjs'
//
//   export const Articles = {
//     slug: 'articles',
//     versions: { drafts: true },
//     hooks: { beforeChange: [moderation({ url: process.env.MODERATION_URL, secret: process.env.MODERATION_SECRET })] },
//     fields: [...],
//   }
//
// What is held is stored as a draft; where that cannot be (a collection without drafts, or a new version of what is
// published already, which would take its place), it is refused, and the editor keeps the text in the form.

import { createHmac, randomUUID } from 'node:crypto'
import { APIError } from 'payload'

const OUTCOMES = ['allow', 'clean', 'hold', 'reject']

/**
 * The hook.
 *
 * @param {object} options
 * @param {string} options.url address of the service, such as http://127.0.0.1:8000 or https://example.org/moderation/
 * @param {string} options.secret `whsec_…`, the same as in the service's configuration
 * @param {string} [options.site] name of the site there; may be left out where one has a webhook
 * @param {Record<string, string | string[]>} [options.fields] paths of title, meta, text, html, body, id and url; read
 *   where the service's configuration has none
 * @param {Record<string, string>} [options.actions] what becomes of `clean`, `review` and `reject`: one of allow,
 *   clean, hold, reject
 * @param {'open' | 'closed'} [options.fail] whether a text passes (`open`) or is held where the service gives no verdict;
 *   what no service can judge (too large) is held
 * @param {number} [options.timeout] milliseconds to wait for a verdict
 * @param {'entry' | 'comment'} [options.kind] `comment` for a collection that visitors write: what would be cleaned is held
 * @param {(verdict: object, about: object) => void} [options.onVerdict] is told of every verdict
 */
export function moderation({ url, secret, site, fields = {}, actions = {}, fail = 'closed', timeout = 5000, kind = 'entry', onVerdict }) {
  const outcomes = { allow: 'allow', clean: 'clean', review: 'hold', reject: 'reject', ...actions }
  const wrong = Object.values(outcomes).find((outcome) => !OUTCOMES.includes(outcome))
  if (wrong !== undefined) throw new Error(`moderation: ${wrong} is no outcome; give one of ${OUTCOMES.join(', ')}`)
  if (fail !== 'open' && fail !== 'closed') throw new Error(`moderation: fail = ${fail}; give open or closed`)
  const key = Buffer.from(String(secret ?? '').replace(/^whsec_/, ''), 'base64')
  if (!url || key.length < 24) throw new Error('moderation: give url and secret, as the service has them')
  const address = new URL(url)
  // A service behind a proxy may have a path in front of its own.
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/v1/webhook`
  address.search = address.hash = ''
  if (kind !== 'entry' && kind !== 'comment') throw new Error(`moderation: kind = ${kind}; give entry or comment`)
  if (kind === 'comment') address.searchParams.set('kind', kind)
  if (site) address.searchParams.set('site', site)
  for (const [name, paths] of Object.entries(fields)) {
    for (const path of [paths].flat()) address.searchParams.append(name, path)
  }

  return async ({ collection, data, operation, originalDoc, req }) => {
    const hasDrafts = Boolean(collection?.versions?.drafts)
    const status = data._status ?? originalDoc?._status
    if (hasDrafts && status !== 'published') return data
    const entry = { ...originalDoc, ...data }
    let verdict
    try {
      verdict = await ask(address, key, entry, timeout)
    } catch (error) {
      req?.payload?.logger?.error(`moderation: no verdict (${error.message}); fail ${fail}`)
      if (fail === 'open' && !error.isOfText) return data
      return hold(data, hasDrafts, originalDoc, 'This could not be judged, and is not published.')
    }
    onVerdict?.(verdict, { collection: collection?.slug, operation, req })
    const labels = [...new Set((verdict.findings ?? []).map((finding) => `${finding.label} in ${finding.field}`))]
    const said = `This looks like injected spam (${labels.join(', ')}).`
    // What a newer service may say, and this does not know, is for a person.
    const outcome = Object.hasOwn(outcomes, verdict.action) ? outcomes[verdict.action] : 'hold'
    if (outcome === 'reject') throw refusal(said)
    if (outcome === 'hold') return hold(data, hasDrafts, originalDoc, said)
    if (outcome === 'clean') return cleaned(data, entry, verdict.fields)
    return data
  }
}

/** The verdict on an entry, from a service that is asked in its own words. */
async function ask(address, key, entry, timeout) {
  const body = JSON.stringify(entry)
  const id = `msg_${randomUUID()}`
  const time = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
  const answer = await fetch(address, {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-signature': `v1,${signature}`,
      'webhook-timestamp': time,
    },
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(timeout),
  })
  const row = await answer.json().catch(() => ({}))
  // An entry without any text, such as a picture, has nothing to be judged.
  if (answer.status === 422 && row.error?.code === 'empty') return { action: 'allow', findings: [] }
  if (!answer.ok) {
    // Padding is no way past a service that may be down: what it will never judge is held.
    const isOfText = [400, 413, 422].includes(answer.status)
    throw Object.assign(new Error(`${answer.status}: ${row.error?.message}`), { isOfText })
  }
  if (typeof row.action !== 'string') throw new Error('an answer that is no verdict')
  return row
}

function hold(data, hasDrafts, originalDoc, said) {
  if (!hasDrafts || originalDoc?._status === 'published') throw refusal(said)
  return { ...data, _status: 'draft' }
}

function refusal(said) {
  return new APIError(said, 422, null, true)
}

/** What is to be stored, with the texts that lost something, by their paths. */
function cleaned(data, entry, fields) {
  const result = { ...data }
  for (const [path, text] of Object.entries(fields)) {
    const steps = path.split('.')
    // A field that is not sent stands in the stored entry.
    if (!Object.hasOwn(result, steps[0])) result[steps[0]] = entry[steps[0]]
    result[steps[0]] = changed(result[steps[0]], steps.slice(1), text)
  }
  return result
}

function changed(value, steps, text) {
  if (steps.length === 0) return text
  const copy = Array.isArray(value) ? [...value] : { ...value }
  copy[steps[0]] = changed(copy[steps[0]], steps.slice(1), text)
  return copy
}
