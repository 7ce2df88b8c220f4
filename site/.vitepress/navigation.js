// The sidebar, from the list of pages in docs/README.md, so that there is one list.
import fs from 'node:fs'
import path from 'node:path'

const GROUP = /^(?:#+ |\*\*)([A-Z][A-Za-z-]*)/
const TOPIC = /^\*([A-Z][^*]*)\*$/
const PAGE = /^[-*] \[(.+?)\]\(([^)]+?\.md)\)/

/**
 * @param {string} docs the folder of the pages
 * @returns the groups of docs/README.md with their topics and pages, as VitePress wants them
 * @throws if a page is not listed, or a group has no pages
 */
export function sidebar(docs) {
  const groups = []
  for (const line of fs.readFileSync(path.join(docs, 'README.md'), 'utf8').split('\n')) {
    const group = GROUP.exec(line)
    const topic = TOPIC.exec(line)
    const page = PAGE.exec(line)
    if (group && !line.startsWith('# ')) {
      groups.push({ text: group[1], items: [] })
    } else if (topic) {
      groups.at(-1).items.push({ text: topic[1], items: [], collapsed: true })
    } else if (page && !page[2].startsWith('..')) {
      if (groups.length === 0) throw new Error(`docs/README.md lists ${page[2]} before the first group`)
      const last = groups.at(-1).items.at(-1)
      const items = last?.items ?? groups.at(-1).items
      items.push({ text: plain(page[1]), link: '/' + page[2].replace(/\.md$/, '') })
    }
  }
  const listed = groups.flatMap((group) => group.items.flatMap((item) => item.items ?? [item])).map((item) => item.link + '.md')
  const missing = pages(docs).filter((page) => page !== '/README.md' && !listed.includes(page))
  if (missing.length > 0) throw new Error(`docs/README.md does not list ${missing.join(', ')}`)
  // The decisions are many, and few readers want them.
  return groups
    .filter((group) => group.items.length > 0)
    .map((group) => ({ ...group, collapsed: group.text === 'Decisions' }))
}

function plain(markdown) {
  return markdown.replace(/[`*]/g, '')
}

function pages(docs) {
  return fs
    .readdirSync(docs, { recursive: true })
    .map((file) => '/' + String(file).split(path.sep).join('/'))
    .filter((file) => file.endsWith('.md'))
}
