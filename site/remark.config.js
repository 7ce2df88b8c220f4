// Checks every link between the Markdown files of the repository: that the file exists, and the heading in it.
import remarkGfm from 'remark-gfm'
import remarkValidateLinks from 'remark-validate-links'

export default {
  // No repository: links that begin with its address are checked by nobody, and there are none.
  plugins: [remarkGfm, [remarkValidateLinks, { repository: false }]],
}
