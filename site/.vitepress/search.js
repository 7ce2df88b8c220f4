/**
 * How the search box compares words, for MiniSearch. A short word that is one letter off is most often another word.
 */
export const searchOptions = {
  fuzzy: (term) => (term.length > 5 ? 0.2 : false),
  prefix: (term) => term.length > 2,
}
