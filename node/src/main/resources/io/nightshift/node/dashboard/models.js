// The models of the node's registry.
import {html, useEffect, useState} from './preact.js';
import {bytes, number, plural} from './format.js';
import {get, post, segment} from './server.js';
import {Copy, Loaded, Time, batchLink, useLoaded} from './parts.js';
import {Action, Dialog, Opener, promote} from './actions.js';

const LEVELS = 12;

export function ModelsPage({session, tell, rows}) {
  const [again, setAgain] = useState(0);
  useEffect(() => {
    document.title = 'Models · Nightshift';
  }, []);
  const page = useLoaded(() => get('v1/models'), [again]);
  const changed = (text) => {
    tell(text);
    setAgain((count) => count + 1);
  };
  const uses = new Map();
  for (const row of rows.values()) {
    if (row.model) uses.set(row.model, [...(uses.get(row.model) ?? []), row]);
  }
  return html`<main id="main" tabindex="-1"><${Loaded} of=${page} heading="Models">${({models}) => html`<div class="title"><div><h1>${plural(models.length, 'model')}</h1><p class="muted">in the registry of this node</p></div></div>
    ${models.length === 0 && html`<div class="empty"><h2>No model is registered</h2><p>Register a model file of XGBoost, LightGBM, scikit-learn, ONNX or Smile:</p><pre>nightshift model import FILE --name NAME</pre></div>`}
    <div class="panels">${models.map((model) => html`<${Model} key=${model.model} model=${model} uses=${uses} session=${session} changed=${changed} again=${again} />`)}</div>`}</${Loaded}></main>`;
}

function Model({model, uses, session, changed, again}) {
  const aliases = new Map();
  for (const [alias, version] of Object.entries(model.aliases)) {
    aliases.set(version, [...(aliases.get(version) ?? []), alias]);
  }
  const id = `model-${model.model}`;
  return html`<section class="panel wide" aria-labelledby=${id}><header><h2 id=${id}>${model.model}</h2><span class="muted note">${plural(model.versions.length, 'version')}</span></header>
    ${model.versions.toReversed().map((version) => {
      const used = uses.get(`${model.model}@${version.version}`) ?? [];
      return html`<article class="version" key=${version.version}><h3>Version ${version.version} ${(aliases.get(version.version) ?? []).map((alias) => html`<span class="alias" key=${alias}>@${alias}</span>`)}</h3>
        <div class="buttons"><${Action} session=${session} action=${promote(model, version.version)} onDone=${changed} />
          ${(aliases.get(version.version) ?? []).map((alias) => html`<${RollBackButton} key=${alias} model=${model.model} alias=${alias} version=${version.version} session=${session} changed=${changed} />`)}</div>
        <dl class="figures-list"><div><dt>Registered</dt><dd><${Time} at=${version.registered_at} /></dd></div><div><dt>Algorithm</dt><dd>${version.algorithm}</dd></div><div><dt>Format</dt><dd>${version.format}</dd></div><div><dt>Task</dt><dd>${version.task}</dd></div><div><dt>Size</dt><dd>${bytes(version.bytes)}</dd></div><div><dt>File</dt><dd>${version.file}</dd></div>
          ${Object.entries(version.facts).sort(([a], [b]) => a.localeCompare(b)).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
        <p class="muted hash-line">SHA-256 <code class="hash">${version.sha256}</code> <${Copy} text=${version.sha256} label="Copy" /></p>
        ${version.classes.length > 0 && html`<p class="muted">Classes: ${version.classes.join(', ')}</p>`}
        ${used.length > 0 ? html`<p>Used by ${used.slice(0, 20).map((row, i) => html`${i > 0 && ', '}<a key=${row.key} href=${batchLink(row.batch)}>${row.job}</a>`)}${used.length > 20 && ` and ${number(used.length - 20)} more`} <span class="muted">(open batches, and the last batch of each job)</span></p>` : html`<p class="muted">No open batch and no job’s last batch uses this version.</p>`}
        ${version.parts.length > 0 && html`<${Pipeline} version=${version} />`}
        <details><summary>${plural(version.features.length, 'feature')}</summary><div class="scroll short" tabindex="0" role="region" aria-label=${`Features of version ${version.version}`}><table class="compact"><thead><tr><th scope="col" class="number">No.</th><th scope="col">Feature</th><th scope="col">Type</th><th scope="col">Missing values</th><th scope="col">Levels</th></tr></thead><tbody>
          ${version.features.map((feature, i) => html`<tr key=${i}><td class="number">${i + 1}</td><td>${feature.name || html`<span class="muted">by position</span>`}</td><td>${feature.type}</td><td>${feature.missing ? 'accepted' : 'quarantined'}</td><td>${feature.levels.slice(0, LEVELS).join(', ')}${feature.levels.length > LEVELS && ` and ${number(feature.levels.length - LEVELS)} more`}</td></tr>`)}</tbody></table></div></details></article>`;
    })}
    <${History} model=${model.model} again=${again} /></section>`;
}

/** The steps of a pipeline, indented by the pipelines around them. */
function Pipeline({version}) {
  let opened = [];
  const rows = version.parts.flatMap((part) => {
    const names = part.name.split('/');
    const around = names.slice(0, -1);
    let shared = 0;
    while (shared < Math.min(opened.length, around.length) && opened[shared] === around[shared]) shared += 1;
    opened = around;
    return [...around.slice(shared).map((name, i) => ({name, level: shared + i})), {...part, name: names.at(-1), level: around.length}];
  });
  return html`<details><summary>Pipeline of ${plural(version.parts.length, 'step')}</summary><div class="scroll short" tabindex="0" role="region" aria-label=${`Pipeline of version ${version.version}`}><table class="compact"><thead><tr><th scope="col">Step</th><th scope="col">Computes</th><th scope="col" class="number">Columns read</th><th scope="col" class="number">Columns given</th><th scope="col">From the features</th></tr></thead><tbody>
    ${rows.map((row, i) => html`<tr key=${i}><td style=${{paddingInlineStart: `${row.level * 1.25 + 0.5}rem`}}>${row.name}</td><td>${row.work}</td><td class="number">${row.inputs}</td><td class="number">${row.outputs}</td><td>${(row.features ?? []).slice(0, LEVELS).join(', ')}${(row.features ?? []).length > LEVELS && ', …'}</td></tr>`)}</tbody></table></div></details>`;
}

const MOVES = {set: 'set', promote: 'promoted', rollback: 'rolled back'};

/** Loaded when it is opened. */
function History({model, again}) {
  const [isOpen, setOpen] = useState(false);
  return html`<details class="history" onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>History of the aliases</summary>${isOpen && html`<${Moves} model=${model} again=${again} />`}</details>`;
}

function Moves({model, again}) {
  const page = useLoaded(() => get(`v1/models/${segment(model)}/history`), [model, again]);
  return html`<${Loaded} of=${page}>${({moves}) => (moves.length === 0 ? html`<p class="muted">No alias was moved.</p>` : html`<div class="scroll short" tabindex="0" role="region" aria-label=${`History of the aliases of ${model}`}><table class="compact"><thead><tr><th scope="col">When</th><th scope="col">Alias</th><th scope="col">Version</th><th scope="col">How</th><th scope="col">By</th><th scope="col">Why</th></tr></thead><tbody>
    ${moves.map((move) => html`<tr key=${move.at + move.alias}><td><${Time} at=${move.at} /></td><td>@${move.alias}</td><td>${move.from === null ? move.to : `${move.from} to ${move.to}`}</td><td>${MOVES[move.action] ?? move.action}</td><td>${move.by}</td><td>${move.reason}</td></tr>`)}</tbody></table></div>`)}</${Loaded}>`;
}

function RollBackButton({model, alias, version, session, changed}) {
  return html`<${Opener} label=${`Roll back @${alias}…`} kind="danger" role="models" session=${session} does=${`${model}@${alias} returns to the version before`}>${(close) =>
    html`<${RollBack} model=${model} alias=${alias} version=${version} close=${close} changed=${changed} />`}</${Opener}>`;
}

/** The version that an alias had before it was promoted to its present one; undefined if the history does not say. */
function before(moves, alias, present) {
  return moves.find((move) => move.alias === alias && move.to === present && move.action !== 'rollback')?.from ?? undefined;
}

function RollBack({model, alias, version, close, changed}) {
  const history = useLoaded(() => get(`v1/models/${segment(model)}/history`), [model]);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [result, setResult] = useState(null);
  const target = history.value && before(history.value.moves, alias, version);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const rolledBack = await post(`v1/models/${segment(model)}/rollback`, {alias, withdrawn: version, to: target, reason});
      setResult(rolledBack);
    } catch (refusal) {
      setProblem(refusal.message);
      setBusy(false);
    }
  };
  // Only now: the button of this dialog is gone once the page knows where the alias is.
  const end = () => {
    close();
    if (result) changed(`${model}@${alias} is version ${result.change.to} again.`);
  };
  return html`<${Dialog} title=${result ? `${model}@${alias} is rolled back` : `Roll back ${model}@${alias}?`} onClose=${end}>${result
    ? html`<${Used} result=${result} version=${version} /><p class="buttons"><button type="button" class="primary" onClick=${end}>Close</button></p>`
    : html`<form onSubmit=${submit}><${Loaded} of=${history}>${() => (target === undefined
        ? html`<p>The history has no version before ${version} for this alias. Promote the version that it should have.</p>`
        : html`<p>${model}@${alias} returns from version ${version} to version ${target}. Batches that are submitted from then on and name the alias use it. Open and published batches stay as they are; those that used version ${version} are listed afterwards.</p>
          <label>Why (kept in the history)<input type="text" maxlength="1000" value=${reason} onInput=${(event) => setReason(event.target.value)} autocomplete="off" /></label>`)}</${Loaded}>
      ${problem && html`<p class="bad-text" role="alert">${problem}</p>`}
      <p class="buttons">${target !== undefined && html`<button type="submit" class="danger" disabled=${isBusy}>Roll back to version ${target}</button>`}<button type="button" onClick=${close}>Leave it</button></p></form>`}</${Dialog}>`;
}

function Used({result, version}) {
  const batches = result.batches;
  if (result.problem) return html`<p>The alias is moved. Which batches used version ${version} is not known: ${result.problem}</p>`;
  if (batches.length === 0) return html`<p>No open or published batch used version ${version}.</p>`;
  return html`<p>${plural(batches.length, 'batch', 'batches')}${result.has_more ? ' and more' : ''} used version ${version}. To score their rows again, submit their jobs again.</p>
    <ul class="used">${batches.map((batch) => html`<li key=${batch.batch}><a href=${batchLink(batch.batch)}>${batch.job}</a> <span class="muted"><${Time} at=${batch.submitted_at} />, ${batch.published ? 'published' : 'open'}</span></li>`)}</ul>`;
}
