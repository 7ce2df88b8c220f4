import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { slug } from 'github-slugger'
import { defineConfig } from 'vitepress'
import { bracesAreText, repositoryLinks } from './markdown.js'
import { sidebar } from './navigation.js'
import { searchOptions } from './search.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const docs = path.join(root, 'docs')
const pom = fs.readFileSync(path.join(root, 'pom.xml'), 'utf8')
const version = /<version>(.*?)(?:-SNAPSHOT)?<\/version>/.exec(pom)[1]
const repository = /<repository\.url>(.*?)<\/repository\.url>/.exec(pom)[1]

export default defineConfig({
  title: 'Nightshift',
  description: 'Batch scoring with machine-learning models: every row exactly once.',
  lang: 'en',
  srcDir: docs,
  outDir: path.join(root, 'site/target'),
  rewrites: { 'README.md': 'index.md' },

  markdown: {
    // GitHub's anchors, so that a link to a heading works in both places.
    anchor: { slugify: (heading) => slug(heading) },
    languageAlias: { hocon: 'json5', console: 'shellsession' },
    config: (markdown) => markdown.use(repositoryLinks(docs, repository)).use(bracesAreText),
  },

  // The pages lie outside of this folder, which has the packages.
  vite: { resolve: { alias: [{ find: /^vue(\/.*)?$/, replacement: path.join(root, 'site/node_modules/vue$1') }] } },

  // The page of contents is the home page here. On GitHub it has no front matter, which GitHub would show.
  transformPageData(page) {
    if (page.relativePath === 'index.md') {
      page.title = 'Nightshift'
      page.titleTemplate = 'Batch scoring, every row exactly once'
      page.frontmatter = {
        ...page.frontmatter,
        layout: 'home',
        hero: {
          name: 'Nightshift',
          text: 'Score all your data, every row exactly once',
          tagline:
            'A job file, a model of XGBoost, LightGBM, scikit-learn, ONNX or Smile, and your Parquet files. ' +
            'Predictions appear in one step, even if the machine crashes in the middle.',
          actions: [
            { theme: 'brand', text: 'Your first batch', link: '/tutorial/first-batch' },
            { theme: 'alt', text: 'Commands', link: '/reference/cli' },
            { theme: 'alt', text: 'Exactly once', link: '/concepts/exactly-once' },
          ],
        },
      }
    }
  },

  themeConfig: {
    search: { provider: 'local', options: { miniSearch: { searchOptions } } },
    sidebar: sidebar(docs),
    outline: { level: [2, 3] },
    nav: [
      { text: 'Tutorial', link: '/tutorial/first-batch' },
      { text: 'Job file', link: '/reference/job-file' },
      { text: 'Commands', link: '/reference/cli' },
      { text: version, link: `${repository}/blob/main/CHANGELOG.md` },
    ],
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
    footer: { message: 'GPL-3.0-or-later; the modules that other programs embed are under Apache-2.0.' },
  },
})
