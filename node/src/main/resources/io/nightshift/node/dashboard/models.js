// The models of the node's registry.
import {html, useEffect} from './preact.js';
import {bytes, number, plural} from './format.js';
import {get} from './server.js';
import {Copy, Loaded, Time, batchLink, useLoaded} from './parts.js';

const LEVELS = 12;

export function ModelsPage({rows}) {
  useEffect(() => {
    document.title = 'Models · Nightshift';
  }, []);
  const page = useLoaded(() => get('v1/models'), []);
  const uses = new Map();
  for (const row of rows.values()) {
    if (row.model) uses.set(row.model, [...(uses.get(row.model) ?? []), row]);
  }
  return html`<main id="main" tabindex="-1"><${Loaded} of=${page}>${({models}) => html`<div class="title"><div><h1>${plural(models.length, 'model')}</h1><p class="muted">in the registry of this node</p></div></div>
    ${models.length === 0 && html`<div class="empty"><h2>No model is registered</h2><p>Register a model file of XGBoost, LightGBM, scikit-learn, ONNX or Smile:</p><pre>nightshift model import FILE --name NAME</pre></div>`}
    <div class="panels">${models.map((model) => html`<${Model} key=${model.model} model=${model} uses=${uses} />`)}</div>`}</${Loaded}></main>`;
}

function Model({model, uses}) {
  const aliases = new Map();
  for (const [alias, version] of Object.entries(model.aliases)) {
    aliases.set(version, [...(aliases.get(version) ?? []), alias]);
  }
  const id = `model-${model.model}`;
  return html`<section class="panel wide" aria-labelledby=${id}><header><h2 id=${id}>${model.model}</h2><span class="muted note">${plural(model.versions.length, 'version')}</span></header>
    ${model.versions.toReversed().map((version) => {
      const used = uses.get(`${model.model}@${version.version}`) ?? [];
      return html`<article class="version" key=${version.version}><h3>Version ${version.version} ${(aliases.get(version.version) ?? []).map((alias) => html`<span class="alias" key=${alias}>@${alias}</span>`)}</h3>
        <dl class="figures-list"><div><dt>Registered</dt><dd><${Time} at=${version.registered_at} /></dd></div><div><dt>Algorithm</dt><dd>${version.algorithm}</dd></div><div><dt>Format</dt><dd>${version.format}</dd></div><div><dt>Task</dt><dd>${version.task}</dd></div><div><dt>Size</dt><dd>${bytes(version.bytes)}</dd></div><div><dt>File</dt><dd>${version.file}</dd></div>
          ${Object.entries(version.facts).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
        <p class="muted hash-line">SHA-256 <code class="hash">${version.sha256}</code> <${Copy} text=${version.sha256} label="Copy" /></p>
        ${version.classes.length > 0 && html`<p class="muted">Classes: ${version.classes.join(', ')}</p>`}
        ${used.length > 0 ? html`<p>Used by ${used.slice(0, 20).map((row, i) => html`${i > 0 && ', '}<a key=${row.key} href=${batchLink(row.batch)}>${row.job}</a>`)}${used.length > 20 && ` and ${number(used.length - 20)} more`} <span class="muted">(open batches, and the last batch of each job)</span></p>` : html`<p class="muted">No open batch and no job’s last batch uses this version.</p>`}
        <details><summary>${plural(version.features.length, 'feature')}</summary><div class="scroll short" tabindex="0" role="region" aria-label=${`Features of version ${version.version}`}><table class="compact"><thead><tr><th scope="col" class="number">No.</th><th scope="col">Feature</th><th scope="col">Type</th><th scope="col">Missing values</th><th scope="col">Levels</th></tr></thead><tbody>
          ${version.features.map((feature, i) => html`<tr key=${i}><td class="number">${i + 1}</td><td>${feature.name || html`<span class="muted">by position</span>`}</td><td>${feature.type}</td><td>${feature.missing ? 'accepted' : 'quarantined'}</td><td>${feature.levels.slice(0, LEVELS).join(', ')}${feature.levels.length > LEVELS && ` and ${number(feature.levels.length - LEVELS)} more`}</td></tr>`)}</tbody></table></div></details></article>`;
    })}</section>`;
}
