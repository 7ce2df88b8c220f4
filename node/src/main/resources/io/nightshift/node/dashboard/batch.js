// The page of a batch.
import {html, useEffect, useRef, useState} from './preact.js';
import {bytes, clock, duration, modelName, number, plural, short, yaml} from './format.js';
import {get, segment, watch} from './server.js';
import {Copy, Forecast, ForecastText, Icon, Loaded, Notice, Panel, Parameters, Progress, Removal, State, Time, batchName, jobLink, share, shownState, stateIcon, stateWord, tone, useClock, useLoaded} from './parts.js';
import {RateChart} from './charts.js';
import {Action, batchActions, covers, ignoreWindow, redrive} from './actions.js';

/** The milliseconds until a ledger is read again that could not be read. */
const RETRY = 5000;

const SETTLED = ['published', 'failed', 'cancelled', 'damaged'];

export function BatchPage({session, name, tell, rows}) {
  const [batch, setBatch] = useState(null);
  const [problem, setProblem] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const detail = useDetail(name, batch);
  useClock(5);
  useEffect(() => {
    setBatch(null);
    setProblem(null);
    let stop = () => {};
    let isOver = false;
    get(`v1/batches/${segment(name)}`).then(
      (first) => {
        if (isOver) return;
        setBatch(first);
        stop = watch(`dashboard/batches/${segment(first.batch)}/watch`, {
          batch: (now) => {
            setBatch(now);
            setTrouble(null);
          },
          trouble: (now) => setTrouble(now.detail),
        });
      },
      (refusal) => isOver || setProblem(refusal.message),
    );
    return () => {
      isOver = true;
      stop();
    };
  }, [name]);
  const row = rows.get(name);
  const known = batch ?? row;
  useEffect(() => {
    document.title = known ? `${known.job} ${stateWord(known.state)} · Nightshift` : 'Batch · Nightshift';
  }, [known?.job, known?.state]);
  if (problem) return html`<main id="main" tabindex="-1"><h1>Batch ${name}</h1><${Notice}>${problem}</${Notice}></main>`;
  if (!batch) return loading(row);
  const actions = batchActions(batch, batchName(batch));
  if (batch.timing?.window_opens) actions.push(ignoreWindow(batch.batch));
  return html`<main id="main" tabindex="-1">
    <${Crumbs} job=${batch.job} />
    <div class="title">
      <div><${Heading} of=${batch} />
        <p class="id muted"><code>${batch.batch}</code> <${Copy} text=${batch.batch} label="Copy the ID" /></p></div>
      <div class="buttons">${actions.map((action) => html`<${Action} key=${action.label} session=${session} action=${action} onDone=${tell} />`)}</div>
    </div>
    ${trouble && html`<${Notice} kind="warn">This page can’t be kept up to date: ${trouble}</${Notice}>`}
    <${Banner} batch=${batch} />
    ${detail.problem && batch.state !== 'damaged' && html`<${Notice} kind=${detail.value ? 'warn' : 'bad'}>${detail.value && 'The details from the ledger are out of date: '}${detail.problem}</${Notice}>`}
    <${Summary} batch=${batch} detail=${detail.value} />
    <div class="panels">
      <${LedgerPanel} of=${detail} id="phases" title="Phases" wide note=${detail.value && detail.value.phases_before > 0 ? `${detail.value.phases_before} earlier ones are not shown` : null}>
        ${(value) => html`<${Phases} phases=${value.phases} takeovers=${value.takeovers} batch=${batch} />`}</${LedgerPanel}>
      <${LedgerPanel} of=${detail} id="map" title="Partitions" note=${batch.partitions > 0 ? `${number(batch.committed)} of ${number(batch.partitions)} committed` : null}>
        ${(value) => html`<${PartitionMap} batch=${batch.batch} map=${value.map} />`}</${LedgerPanel}>
      <${LedgerPanel} of=${detail} id="rate" title="Rows over time">${(value) => html`<${RateChart} rate=${value.rate} />`}</${LedgerPanel}>
      <${LedgerPanel} of=${detail} id="lanes" title="Nodes">${(value) => html`<${Lanes} lanes=${value.lanes} />`}</${LedgerPanel}>
      ${batch.shadow && html`<${Panel} id="shadow" title="Shadow" wide note=${`${modelName(batch.shadow.candidate)} next to ${modelName(batch.shadow.champion)}`}><${Shadow} batch=${batch} session=${session} /></${Panel}>`}
      ${batch.checks?.length > 0 && html`<${Panel} id="checks" title="Checks"><${Checks} batch=${batch} /></${Panel}>`}
      <${Panel} id="quarantine" title="Quarantine" note=${batch.quarantined > 0 ? `${plural(batch.quarantined, 'row')}, ${share(batch.quarantined, batch.read)} of those read` : null}
        actions=${canRedrive(batch) && html`<${Action} session=${session} action=${redrive(batch.batch)} onDone=${tell} />`}>
        <${Quarantine} batch=${batch} session=${session} /></${Panel}>
      <${LedgerPanel} of=${detail} id="failures" title="Failed attempts" note=${detail.value?.failure_count > detail.value?.failures.length ? `the last ${detail.value.failures.length} of ${number(detail.value.failure_count)}` : null}>
        ${(value) => html`<${Failures} failures=${value.failures} />`}</${LedgerPanel}>
      ${batch.use && html`<${Panel} id="use" title="Use and cost"><${Use} use=${batch.use} /></${Panel}>`}
      <${Panel} id="ledger" title="Ledger" wide><${Ledger} batch=${batch} detail=${detail} /></${Panel}>
      <${LedgerPanel} of=${detail} id="events" title="Events" wide note=${detail.value?.entries > detail.value?.events.length ? `the last ${detail.value.events.length} of ${number(detail.value.entries)}` : null}>
        ${(value) => html`<${Events} events=${value.events} />`}</${LedgerPanel}>
      <${LedgerPanel} of=${detail} id="file" title="Job as it was submitted" wide actions=${detail.value?.job && html`<${Copy} text=${yaml(detail.value.job)} label="Copy" />`}>
        ${(value) => html`<pre class="file" tabindex="0" aria-label="Job file">${value.job ? yaml(value.job) : 'Not submitted yet.'}</pre>`}</${LedgerPanel}>
    </div>
  </main>`;
}

const Crumbs = ({job}) => html`<nav class="crumbs" aria-label="Where you are"><a href="#/">Tonight</a> <span aria-hidden="true">/</span> <a href=${jobLink(job)}>${job}</a></nav>`;

const Heading = ({of}) => html`<h1>${of.job} <${Parameters} of=${of.parameters} /> <${State} state=${shownState(of)} /></h1>`;

/**
 * What is shown until the node has answered.
 *
 * @param row what the page knows of the batch, or undefined
 */
function loading(row) {
  if (!row) return html`<main id="main" tabindex="-1"><h1>Batch</h1><p class="muted loading">Loading…</p></main>`;
  return html`<main id="main" tabindex="-1">
    <${Crumbs} job=${row.job} />
    <div class="title"><div><${Heading} of=${row} /><p class="id muted"><code>${row.batch}</code></p></div></div>
    ${row.rows > 0 && html`<p>${number(row.done)} of ${number(row.rows)} rows are done.</p>`}
    <p class="muted loading">The rest is loading. After a start, a node first reads the ledger of the batch…</p></main>`;
}

/** A panel of what is in the ledger. It is not there if the ledger can't be read. The top of the page says why it can't. */
const LedgerPanel = ({of: {value, problem}, children, ...panel}) => (problem && !value ? null : html`<${Panel} ...${panel}><${Loaded} of=${{value}}>${children}</${Loaded}></${Panel}>`);

const canRedrive = (batch) => batch.state === 'published' && batch.quarantined > 0 && !batch.removal && !['scoring', 'publishing'].includes(batch.redrive?.state);

/**
 * The summary of the ledger: read again when the ledger has grown, but not more often than every few seconds. If it can't be
 * read, the last one stays, and the next try follows.
 */
function useDetail(name, batch) {
  const [state, setState] = useState({});
  const [turn, setTurn] = useState(0);
  const pending = useRef(null);
  const last = useRef(0);
  const latest = useRef(name);
  latest.current = name;
  const known = useRef(0);
  known.current = batch?.ledger.entries ?? 0;
  const again = () => {
    pending.current = null;
    setTurn((count) => count + 1);
  };
  useEffect(() => () => {
    clearTimeout(pending.current);
    pending.current = null;
  }, [name]);
  useEffect(() => {
    if (!batch || pending.current) return;
    const pause = batch.partitions > 100_000 ? 6000 : 2000;
    const wait = SETTLED.includes(batch.state) ? 0 : Math.max(0, last.current + pause - Date.now());
    pending.current = setTimeout(async () => {
      try {
        const value = await get(`dashboard/batches/${segment(name)}`);
        if (latest.current !== name) return;
        setState({value});
        last.current = Date.now();
        // The ledger may have grown since the node has read it.
        pending.current = value.entries < known.current ? setTimeout(again, pause) : null;
      } catch (refusal) {
        if (latest.current !== name) return;
        setState((before) => ({value: before.value, problem: refusal.message}));
        const isTransient = refusal.status === 0 || refusal.status >= 500;
        pending.current = isTransient ? setTimeout(again, RETRY) : null;
      }
    }, wait);
  }, [name, batch?.ledger.entries, batch?.state, turn]);
  return state.value && batch && state.value.batch !== batch.batch ? {} : state;
}

function Banner({batch}) {
  return html`
    ${batch.reason && html`<${Notice} kind=${batch.state === 'failed' || batch.state === 'damaged' ? 'bad' : 'info'}>${batch.reason}
      ${batch.state === 'failed' && html`<small class="muted block">${batch.retryable ? 'This may be over when the batch is retried.' : 'A retry without a change fails again.'}</small>`}</${Notice}>`}
    ${batch.waits_for && html`<${Notice} kind=${batch.timing?.window_opens ? 'info' : 'warn'}>The batch waits for ${batch.waits_for}.</${Notice}>`}
    ${batch.progress?.waits_for_worker && html`<${Notice} kind="info">The batch waits for a free worker.</${Notice}>`}
    ${batch.outage && html`<${Notice} kind="warn">${batch.outage.reason}. It does not work since <${Time} at=${batch.outage.since} />; the batch fails <${Time} at=${batch.outage.until} withAge />.</${Notice}>`}
    ${batch.removal && html`<${Notice} kind="info">The output is <${Removal} of=${batch.removal} />${batch.removal.reason && ` (${batch.removal.reason})`}. Its ledger stays.</${Notice}>`}
    ${batch.redrive && html`<${Notice} kind=${batch.redrive.state === 'failed' ? 'bad' : 'info'}><${Redrive} of=${batch.redrive} /></${Notice}>`}
    ${batch.pause && html`<${Notice} kind="info">Paused <${Time} at=${batch.pause.at} withAge />${batch.pause.by && ` by ${batch.pause.by}`}${batch.pause.reason && `: ${batch.pause.reason}`}</${Notice}>`}
    ${batch.state === 'held' && html`<${Notice} kind="warn">A check has failed, so the batch is not published. Approve it, or cancel it.
      <ul>${batch.checks.filter((check) => !check.passed).map((check) => html`<li key=${check.name}><strong>${check.name}</strong>: ${check.text}</li>`)}</ul></${Notice}>`}
    ${batch.rollout && html`<${Notice} kind=${['failed', 'untried'].includes(batch.rollout.state) ? 'warn' : 'info'}>Rollout: ${batch.rollout.text}.</${Notice}>`}
    ${batch.shadow?.state === 'abandoned' && html`<${Notice} kind="warn">Shadow: ${batch.shadow.text}.</${Notice}>`}
    ${batch.reuse && html`<${Notice} kind="info">Reused ${batch.reuse.text}.</${Notice}>`}
    ${batch.approval && html`<${Notice} kind="info">Approved <${Time} at=${batch.approval.at} />${batch.approval.by && ` by ${batch.approval.by}`}${batch.approval.reason && `: ${batch.approval.reason}`}</${Notice}>`}`;
}

const REDRIVES = {scoring: 'Quarantined rows are scored again', publishing: 'Rows that were quarantined are being published', published: 'Quarantined rows were scored again', failed: 'The redrive of quarantined rows has failed'};

function Redrive({of}) {
  const isOver = of.ended_at !== undefined;
  return html`${REDRIVES[of.state] ?? of.state}, begun <${Time} at=${of.at} withAge=${!isOver} /> by ${of.by}${of.reason && ` (${of.reason})`}${
    of.state === 'published' && html`; ${plural(of.healed, 'row has', 'rows have')} a prediction since <${Time} at=${of.ended_at} />`}${of.failure && `: ${of.failure}`}.`;
}

function Summary({batch, detail}) {
  const done = batch.progress?.rows_done ?? (batch.state === 'published' ? batch.rows : batch.read);
  const leftOut = batch.state === 'published' ? batch.rows - batch.read : 0;
  const isOpen = !SETTLED.includes(batch.state);
  const isRunning = batch.state === 'running';
  const rate = currentRate(detail?.rate, isRunning);
  return html`<section class="summary" aria-label="Summary">
    <div class="meter big"><${Progress} value=${done} max=${batch.rows} label="Rows scored" state=${batch.state} />
      <span class="figures"><strong>${share(done, batch.rows)}</strong> <span class="muted">${batch.rows > 0 ? `${number(done)} of ${number(batch.rows)} rows${leftOut > 0 ? `, ${number(leftOut)} of them left out by the job` : ''}` : 'not planned yet'}</span></span></div>
    ${isOpen && batch.timing && html`<div class="meter"><${Forecast} timing=${batch.timing} from=${batch.submitted_at} /><${ForecastText} timing=${batch.timing} /></div>`}
    <dl class="figures-list">
      <div><dt>Submitted</dt><dd><${Time} at=${batch.submitted_at} zone=${batch.timing?.time_zone} /></dd></div>
      <div><dt>Model</dt><dd><a href="#/models">${modelName(batch.model)}</a></dd></div>
      <div><dt>Predictions</dt><dd>${number(batch.predictions)}</dd></div>
      <div><dt>Quarantined</dt><dd class=${batch.quarantined > 0 ? 'warn-text' : ''}>${number(batch.quarantined)}</dd></div>
      <div><dt>${isRunning ? 'Rate now' : 'Rate'}</dt><dd>${rate === null ? '–' : `${short(rate)} rows/s`}</dd></div>
      ${isRunning && html`<div><dt>In flight</dt><dd>${plural(batch.progress?.in_flight ?? 0, 'partition')}</dd></div>`}
      <div><dt>Output</dt><dd>${bytes(batch.bytes)}</dd></div>
      ${batch.timing && html`<div><dt>Priority</dt><dd>${batch.timing.priority}</dd></div>`}
    </dl>
    ${batch.destination && html`<p class="destination muted">Published to <code>${[batch.destination, ...(batch.other_destinations ?? [])].join(', ')}</code></p>`}
  </section>`;
}

/** Rows a second: of the last spans of a running batch, of all spans of another one. */
function currentRate(rate, isRunning) {
  if (!rate || rate.rows.length === 0) return null;
  const rows = isRunning ? rate.rows.slice(-11, -1) : rate.rows;
  if (rows.length === 0) return null;
  return rows.reduce((sum, count) => sum + count, 0) / (rows.length * rate.seconds);
}

function Phases({phases, takeovers, batch}) {
  if (phases.length === 0) return html`<p class="muted">The ledger has no entry yet.</p>`;
  const now = Date.now();
  const isOver = ['published', 'cancelled'].includes(phases.at(-1).phase);
  const shown = phases.map((phase) => ({...phase, seconds: ((phase.to ? new Date(phase.to) : now) - new Date(phase.from)) / 1000}));
  const hasActor = phases.some((phase) => phase.by);
  const bars = isOver ? shown.slice(0, -1) : shown;
  const total = bars.reduce((sum, phase) => sum + phase.seconds, 0) || 1;
  return html`<div class="phases" aria-hidden="true">${bars.map((phase) => html`<div key=${phase.from + phase.phase} class="phase ${tone(phase.phase)}" style=${{flexGrow: Math.max(phase.seconds / total, 0.012)}}>
      <${Icon} name=${stateIcon(phase.phase)} /><span>${stateWord(phase.phase)}</span></div>`)}</div>
    <div class="scroll" tabindex="0" role="region" aria-label="Table of phases"><table class="compact"><thead><tr><th scope="col">Phase</th><th scope="col">From</th>${hasActor && html`<th scope="col">By</th>`}<th scope="col" class="number">Duration</th></tr></thead><tbody>
      ${shown.map((phase, i) => html`<tr key=${phase.from + phase.phase}><td><${State} state=${phase.phase} /></td><td><${Time} at=${phase.from} zone=${batch.timing?.time_zone} seconds /></td>
        ${hasActor && html`<td>${phase.by ?? ''}</td>`}<td class="number">${isOver && i === shown.length - 1 ? '' : duration(phase.seconds)}</td></tr>`)}</tbody></table></div>
    ${takeovers.length > 1 && html`<p class="muted">Coordinated by ${takeovers.at(-1).node} since <${Time} at=${takeovers.at(-1).at} />; ${plural(takeovers.length - 1, 'takeover')} before.</p>`}`;
}

const CELL = {first: 0, count: 1, committed: 2, rows: 3, quarantined: 4, failed: 5, millis: 6};

function PartitionMap({batch, map}) {
  const [selected, setSelected] = useState(null);
  if (!map || map.partitions === 0) return html`<p class="muted">${map ? 'The input has no rows.' : 'The input is not divided yet.'}</p>`;
  const cells = map.cells;
  const columns = Math.min(cells.length, Math.max(8, Math.ceil(Math.sqrt(cells.length * 2.6))));
  const lines = Math.ceil(cells.length / columns);
  const choose = (index) => setSelected(Math.max(0, Math.min(cells.length - 1, index)));
  const onKey = (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns}[event.key];
    if (step) {
      event.preventDefault();
      choose(selected === null ? 0 : selected + step);
    }
  };
  const each = map.partitions > cells.length ? `Each cell stands for ${number(Math.floor(map.partitions / cells.length))} to ${number(Math.ceil(map.partitions / cells.length))} partitions.` : null;
  const label = `Map of ${plural(map.partitions, 'partition')}. Arrow keys choose a cell; its details follow.`;
  return html`<svg class="map" viewBox="0 0 ${columns * 10} ${lines * 10}" style=${{maxWidth: `${columns * 26}px`}} role="application" aria-label=${label} tabindex="0" onKeyDown=${onKey}>
    ${cells.map((cell, i) => {
      const x = (i % columns) * 10;
      const y = Math.floor(i / columns) * 10;
      const part = cell[CELL.committed] / cell[CELL.count];
      return html`<g key=${i} class="cell ${cell[CELL.failed] > 0 ? 'has-failed' : ''} ${i === selected ? 'selected' : ''}" onClick=${() => choose(i)}>
        <rect class="hollow" x=${x + 1} y=${y + 1} width="8" height="8" rx="1.4" />
        ${part > 0 && html`<rect class=${cell[CELL.quarantined] > 0 ? 'part quarantined' : 'part'} x=${x + 1} y=${y + 1 + 8 * (1 - part)} width="8" height=${8 * part} rx=${part === 1 ? 1.4 : 0.6} />`}
        ${cell[CELL.quarantined] > 0 && html`<circle class="spot" cx=${x + 5} cy=${y + 5} r="1.6" />`}
        ${cell[CELL.failed] > 0 && html`<path class="cross" d="M${x + 3} ${y + 3}l4 4M${x + 7} ${y + 3}l-4 4" />`}
        ${i === selected && html`<rect class="frame" x=${x + 0.4} y=${y + 0.4} width="9.2" height="9.2" rx="2" />`}
      </g>`;
    })}</svg>
    <p class="legend muted"><span><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="hollow" x="1" y="1" width="8" height="8" rx="1.4" /></svg> waiting</span>
      <span><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="part" x="1" y="1" width="8" height="8" rx="1.4" /></svg> committed</span>
      <span><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="part quarantined" x="1" y="1" width="8" height="8" rx="1.4" /><circle class="spot" cx="5" cy="5" r="1.6" /></svg> with quarantined rows</span>
      <span class="has-failed"><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="hollow" x="1" y="1" width="8" height="8" rx="1.4" /><path class="cross" d="M3 3l4 4M7 3l-4 4" /></svg> attempts failed</span>
      ${each && html`<span>${each}</span>`}</p>
    ${selected !== null && html`<${CellDetails} key=${cells[selected][CELL.first]} batch=${batch} cell=${cells[selected]} />`}`;
}

function CellDetails({batch, cell}) {
  const count = cell[CELL.count];
  const page = useLoaded(
    () => get(`v1/batches/${segment(batch)}/partitions?cursor=${cell[CELL.first]}&limit=${Math.min(count, 50)}`),
    [batch, cell[CELL.first], cell[CELL.committed], cell[CELL.failed]],
  );
  const title = count === 1 ? `Partition ${number(cell[CELL.first])}` : `Partitions ${number(cell[CELL.first])} to ${number(cell[CELL.first] + count - 1)}`;
  return html`<div class="details" aria-live="polite"><h3>${title}</h3>
    <p>${number(cell[CELL.committed])} of ${number(count)} committed · ${number(cell[CELL.rows])} rows · ${number(cell[CELL.quarantined])} quarantined · ${plural(cell[CELL.failed], 'failed attempt')}${cell[CELL.millis] > 0 && ` · ${count === 1 ? '' : 'longest '}${duration(cell[CELL.millis] / 1000)}`}</p>
    <${Loaded} of=${page}>${(value) => html`<div class="scroll" tabindex="0" role="region" aria-label="Table of partitions"><table class="compact"><thead><tr><th scope="col" class="number">Partition</th><th scope="col">State</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Quarantined</th><th scope="col" class="number">Failed</th><th scope="col">Epoch</th></tr></thead><tbody>
      ${value.partitions.map((partition) => html`<tr key=${partition.partition}><td class="number">${number(partition.partition)}</td><td>${partition.state}</td><td class="number">${number(partition.rows)}</td><td class="number">${partition.quarantined === null ? '–' : number(partition.quarantined)}</td><td class="number">${partition.attempts_failed}</td><td>${partition.epoch ?? '–'}</td></tr>`)}</tbody></table></div>
      ${count > 50 && html`<p class="muted">The first 50 of ${number(count)}.</p>`}`}</${Loaded}></div>`;
}

function Lanes({lanes}) {
  const nodes = Object.entries(lanes?.nodes ?? {});
  if (nodes.length === 0) return html`<p class="muted">No node has committed a partition yet.</p>`;
  const most = Math.max(1, ...nodes.flatMap(([, rows]) => rows));
  const end = new Date(new Date(lanes.start).getTime() + nodes[0][1].length * lanes.seconds * 1000);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of nodes"><table class="lanes"><thead><tr><th scope="col">Node</th><th scope="col"><span class="ends"><span>${clock(lanes.start)}</span><span>${clock(end)}</span></span></th><th scope="col" class="number">Rows</th></tr></thead><tbody>
    ${nodes.map(([node, rows]) => {
      const sum = rows.reduce((a, b) => a + b, 0);
      return html`<tr key=${node}><th scope="row">${node}</th><td><svg viewBox="0 0 ${rows.length} 1" preserveAspectRatio="none" aria-hidden="true">${rows.map((count, i) => count > 0 && html`<rect key=${i} x=${i + 0.06} y="0" width="0.88" height="1" opacity=${0.25 + 0.75 * (count / most)} />`)}</svg></td><td class="number">${number(sum)}</td></tr>`;
    })}</tbody></table></div>`;
}

/** How a candidate compares whose predictions are not published. */
function Shadow({batch, session}) {
  const of = batch.shadow;
  const most = Math.max(1, ...of.histogram.flatMap((bin) => [bin.champion, bin.candidate]));
  const bar = (count, name) => html`<td class="number"><svg class="bar ${name}" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width=${(100 * count) / most} height="1" /></svg>${number(count)}</td>`;
  return html`<dl class="figures-list"><div><dt>State</dt><dd>${of.state}</dd></div><div><dt>Partitions compared</dt><dd>${number(of.partitions)} of ${number(of.chosen)}</dd></div><div><dt>Rows compared</dt><dd>${number(of.rows)}</dd></div>
      ${of.agreement !== undefined && html`<div><dt>Same class</dt><dd>${share(of.agreement, 1)}</dd></div>`}
      ${of.psi !== undefined && html`<div><dt>PSI</dt><dd>${figure(of.psi)}</dd></div>`}
      ${of.mean !== undefined && html`<div><dt>Mean difference</dt><dd>${figure(of.mean)}</dd></div>`}
      ${of.missing > 0 && html`<div><dt>No number</dt><dd class="warn-text">${number(of.missing)}</dd></div>`}
      <div><dt>Processor time</dt><dd>${duration(of.processor_seconds)}${of.share !== undefined && ` (${share(of.share, 1)} of the batch)`}</dd></div></dl>
    ${of.histogram.length > 0 && html`<h3>Predictions</h3><div class="scroll" tabindex="0" role="region" aria-label="Table of predictions"><table class="compact histogram"><thead><tr><th scope="col" class="number">From</th><th scope="col" class="number">To</th><th scope="col" class="number">${modelName(of.champion)}</th><th scope="col" class="number">${modelName(of.candidate)}</th></tr></thead><tbody>
      ${of.histogram.map((bin) => html`<tr key=${bin.from}><td class="number">${figure(bin.from)}</td><td class="number">${figure(bin.to)}</td>${bar(bin.champion, 'champion')}${bar(bin.candidate, 'candidate')}</tr>`)}</tbody></table></div>`}
    ${of.largest.length > 0 && html`<h3>Largest differences</h3><${Differences} batch=${batch} session=${session} />`}`;
}

const figure = (value) => (value === null ? 'no number' : String(Number(value.toPrecision(4))));

function Differences({batch, session}) {
  const [isWanted, setWanted] = useState(false);
  const maySee = covers(session, 'submit');
  const values = useLoaded(() => (isWanted ? get(`v1/batches/${segment(batch.batch)}`).then((full) => full.shadow.largest) : Promise.resolve(batch.shadow.largest)), [batch.batch, batch.shadow.partitions, isWanted]);
  return html`<${Loaded} of=${values}>${(rows) => html`<div class="scroll" tabindex="0" role="region" aria-label="Table of the largest differences"><table class="compact"><thead><tr><th scope="col" class="number">Partition</th><th scope="col" class="number">Prediction</th><th scope="col" class="number">${modelName(batch.shadow.champion)}</th><th scope="col" class="number">${modelName(batch.shadow.candidate)}</th>${isWanted && html`<th scope="col">Features</th>`}</tr></thead><tbody>
      ${rows.map((row) => html`<tr key=${`${row.partition}-${row.row}`}><td class="number">${number(row.partition)}</td><td class="number">${number(row.row)}</td><td class="number">${figure(row.champion)}</td><td class="number">${figure(row.candidate)}</td>${isWanted && html`<td>${Object.entries(row.features).map(([name, value]) => `${name} = ${value}`).join(', ')}</td>`}</tr>`)}</tbody></table></div>`}</${Loaded}>
    ${!isWanted && (maySee ? html`<p><button type="button" onClick=${() => setWanted(true)}>Show the features</button></p>` : html`<p class="muted">Values of rows may be personal data. Your token has the role ${session.role}; to see the features, it needs the role submit.</p>`)}`;
}

function Checks({batch}) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of checks"><table class="compact"><thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">On failure</th></tr></thead><tbody>
    ${batch.checks.map((check) => html`<tr key=${check.name}><td><span class="state ${check.passed ? 'good' : 'bad'}"><${Icon} name=${check.passed ? 'check' : 'cross'} />${check.name}</span></td><td>${check.text}</td><td>${check.on_fail}</td></tr>`)}</tbody></table></div>`;
}

function Quarantine({batch, session}) {
  const [wanted, setWanted] = useState(0);
  if (batch.quarantined === 0) return html`<p class="muted">No row is quarantined.</p>`;
  if (!covers(session, 'submit')) return html`<p class="muted">Values of rows may be personal data. Your token has the role ${session.role}; to see reasons and values, it needs the role submit.</p>`;
  if (wanted === 0) return html`<p><button type="button" onClick=${() => setWanted(1)}>Group by reason</button> <span class="muted">reads the quarantined rows</span></p>`;
  return html`<${Reasons} batch=${batch} wanted=${wanted} onAgain=${() => setWanted(wanted + 1)} />`;
}

function Reasons({batch, wanted, onAgain}) {
  const reasons = useLoaded(() => get(`v1/batches/${segment(batch.batch)}/quarantine/reasons`), [batch.batch, wanted]);
  return html`<${Loaded} of=${reasons}>${(value) => html`<ul class="reasons">${value.reasons.map((reason) => html`<li key=${reason.reason}>
      <p><strong>${number(reason.rows)}</strong> ${reason.reason} <span class="muted">${share(reason.rows, value.counted)}</span></p>
      <details><summary>An example</summary><p class="muted">${reason.example.file}, row ${number(reason.example.row)}${reason.example.id && `, ID ${reason.example.id}`}${reason.example.value && `, value ${reason.example.value}`}${reason.example.message && `: ${reason.example.message}`}</p><pre tabindex="0" aria-label="Values of the row">${pretty(reason.example.values)}</pre></details></li>`)}</ul>
    ${value.counted < value.quarantined && html`<p class="muted">Counted: the first ${number(value.counted)} of ${number(value.quarantined)} rows.</p>`}
    ${value.quarantined < batch.quarantined && html`<p><button type="button" class="small" onClick=${onAgain}>Read again</button> <span class="muted">there are more rows now</span></p>`}
    <p class="muted">All rows: <code>nightshift quarantine show ${batch.batch}</code></p>`}</${Loaded}>`;
}

function pretty(values) {
  try {
    return JSON.stringify(JSON.parse(values), null, 2);
  } catch {
    return values;
  }
}

function Failures({failures}) {
  if (failures.length === 0) return html`<p class="muted">No attempt has failed.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of failed attempts"><table class="compact"><thead><tr><th scope="col">When</th><th scope="col" class="number">Partition</th><th scope="col">Node</th><th scope="col">Why</th></tr></thead><tbody>
    ${failures.toReversed().map((failure, i) => html`<tr key=${i}><td><${Time} at=${failure.at} /></td><td class="number">${number(failure.partition)}</td><td>${failure.node}</td><td>${failure.reason}</td></tr>`)}</tbody></table></div>`;
}

function Use({use}) {
  const cost = use.cost;
  return html`<dl class="figures-list"><div><dt>Processor time</dt><dd>${duration(use.processor_seconds)}</dd></div><div><dt>On scoring threads</dt><dd>${duration(use.thread_seconds)}</dd></div>
      <div><dt>Waited for input</dt><dd>${duration(use.reading_seconds)}</dd></div><div><dt>Waited for output</dt><dd>${duration(use.writing_seconds)}</dd></div>
      <div><dt>Read</dt><dd>${bytes(use.bytes_read)}</dd></div><div><dt>Written</dt><dd>${bytes(use.bytes_written)}</dd></div>
      <div><dt>Processors busy</dt><dd>${share(use.busy, 1)}</dd></div>
      ${cost && html`<div><dt>Cost</dt><dd>${cost.total.toFixed(cost.total < 1 ? 4 : 2)} ${cost.currency}</dd></div>${cost.per_million !== undefined && html`<div><dt>For a million</dt><dd>${cost.per_million.toFixed(4)} ${cost.currency}</dd></div>`}`}</dl>
    ${use.advice && html`<p>${use.advice}</p>`}`;
}

function Ledger({batch, detail}) {
  return html`${detail.value && html`<p class="state good"><${Icon} name="check" />This node has read all ${plural(detail.value.entries, 'entry', 'entries')}; each follows from the hash of the one before.</p>`}
    <dl class="pairs"><dt>Head</dt><dd><code class="hash">${batch.ledger.head}</code></dd><dt>Incarnation</dt><dd>${batch.incarnation}</dd></dl>
    <p class="muted">To check the output against the ledger, on a machine that can read both:</p>
    <p class="command"><code>nightshift batch verify ${batch.batch}</code> <${Copy} text=${`nightshift batch verify ${batch.batch}`} label="Copy" /></p>`;
}

function Events({events}) {
  return html`<ol class="events" reversed tabindex="0" aria-label="Events, the newest first">${events.toReversed().map((event) => html`<li key=${event.number}>
    <time dateTime=${event.at} title=${event.at}>${clock(event.at)}</time> <strong>${event.event}</strong> <span>${[event.by && `by ${event.by}`, event.text].filter(Boolean).join(' · ')}</span></li>`)}</ol>`;
}
