// Plugins of markdown-it.
import fs from 'node:fs'
import path from 'node:path'

/**
 * Links that leave the folder docs, to a file of the repository: on the site they lead to the repository.
 *
 * @param {string} docs the folder of the pages
 * @param {string} repository the address of the repository
 */
export function repositoryLinks(docs, repository) {
  const root = path.dirname(docs)
  const address = (href, page) => {
    if (/^([a-z][a-z+.-]*:|\/|#)/i.test(href)) return href
    const [, file, fragment] = /^([^#]*)(#.*)?$/.exec(href)
    const target = path.resolve(path.dirname(page), decodeURI(file))
    if (!path.relative(docs, target).startsWith('..')) return href
    const view = fs.statSync(target).isDirectory() ? 'tree' : 'blob'
    return `${repository}/${view}/main/${path.relative(root, target).split(path.sep).join('/')}${fragment ?? ''}`
  }
  return (markdown) => {
    markdown.core.ruler.push('repository-links', (state) => {
      for (const block of state.tokens) {
        for (const token of block.children ?? []) {
          if (token.type === 'link_open') token.attrSet('href', address(token.attrGet('href'), state.env.path))
        }
      }
    })
  }
}

/** VitePress makes a template of a page, in which two braces begin an expression. In our pages they are text. */
export function bracesAreText(markdown) {
  for (const rule of ['text', 'code_inline', 'code_block', 'fence']) {
    const render = markdown.renderer.rules[rule]
    markdown.renderer.rules[rule] = (...all) => render(...all).replaceAll('{{', '&#123;&#123;')
  }
}
