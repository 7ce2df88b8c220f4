import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import MiniSearch from 'minisearch'
import { sidebar } from '../.vitepress/navigation.js'
import { searchOptions } from '../.vitepress/search.js'

const docs = fileURLToPath(new URL('../../docs', import.meta.url))

function found(term) {
  const index = new MiniSearch({ fields: ['text'], searchOptions })
  const files = fs.readdirSync(docs, { recursive: true }).filter((file) => file.endsWith('.md'))
  const words = ['come', 'hole', 'home', 'OneHotEncoders', 'cron'].map((text) => ({ id: `word ${text}`, text }))
  index.addAll([
    ...words,
    ...files.map((file) => ({ id: file, text: fs.readFileSync(path.join(docs, file), 'utf8') })),
  ])
  return index.search(term).map((result) => result.id)
}

test('a short word finds no word that is one letter off', () => {
  assert.ok(found('HOME').includes('word home'))
  assert.ok(!found('HOME').includes('word come'))
  assert.ok(!found('HOME').includes('word hole'))
})

test('the steps of pipelines are found, also where they are misspelt', () => {
  assert.ok(found('OneHotEncoder').includes('how-to/model.md'))
  assert.ok(found('OneHotEncodre').includes('how-to/model.md'))
})

test('the how-to pages are in topics of at most a dozen', () => {
  const topics = sidebar(docs).find((group) => group.text === 'How-to').items
  assert.ok(topics.length > 5)
  for (const topic of topics) {
    assert.ok(topic.items.length > 1 && topic.items.length <= 12, topic.text)
  }
})
