// The page of a job: its runs over time, its schedule, and what can be started.
import {html, useEffect, useMemo, useState} from './preact.js';
import {duration, modelName, number, percent, plural, precise, short} from './format.js';
import {Refusal, ask, get, post, segment} from './server.js';
import {Copy, Icon, Loaded, Notice, Panel, Parameters, Removal, State, Time, batchLink, stateIcon, stateWord, tone, useLoaded} from './parts.js';
import {DASHES, LinesChart, RunChart} from './charts.js';
import {Action, Dialog, Opener, jobActions} from './actions.js';

const PAGE = 100;
/** What the page shows of a batch. */
const FIELDS = 'batch,submitted_at,state,model,parameters,read,predictions,quarantined,reason,removal,use.active_seconds,use.cost,checks.name,checks.value,checks.limit,checks.passed,checks.baseline';
const ENDED = ['published', 'unchanged', 'failed', 'cancelled', 'damaged'];

/** All pages of a list, up to a number of items. */
async function pages(path, list, most) {
  const items = [];
  let next = null;
  do {
    const page = await get(`${path}&limit=${Math.min(PAGE, most - items.length)}${next === null ? '' : `&cursor=${segment(next)}`}`);
    items.push(...page[list]);
    next = page.next ?? null;
  } while (next !== null && items.length < most);
  return {items, hasMore: next !== null};
}

async function unlessUnknown(loading) {
  try {
    return await loading;
  } catch (refusal) {
    if (refusal instanceof Refusal && refusal.status === 404) return null;
    throw refusal;
  }
}

async function load(name, most) {
  const path = `v1/jobs/${segment(name)}`;
  const applied = await unlessUnknown(get(path));
  const [batches, runs, backfills] = await Promise.all([
    pages(`v1/batches?job=${segment(name)}&fields=${FIELDS}`, 'batches', most),
    applied ? pages(`${path}/runs?`, 'runs', most) : {items: [], hasMore: false},
    applied ? get(`${path}/backfills`) : {backfills: []},
  ]);
  // A run that found nothing new names the batch of an earlier run.
  const isOwn = (run) => run.batch && run.state !== 'unchanged';
  const causes = new Map(runs.items.filter(isOwn).map((run) => [run.batch, run]));
  const known = new Set(batches.items.map((batch) => batch.batch));
  const all = batches.items.map((batch) => ofBatch(batch, causes.get(batch.batch), backfills.backfills.some((backfill) => isOf(batch, backfill))));
  // Runs without a batch of their own, and those whose batch is on a later page.
  all.push(...runs.items.filter((run) => !isOwn(run) || !known.has(run.batch)).map(ofRun));
  all.sort((a, b) => b.at.localeCompare(a.at));
  return {applied, runs: all, hasMore: batches.hasMore || runs.hasMore, backfills: backfills.backfills};
}

function seconds(from, to) {
  return from && to ? (new Date(to) - new Date(from)) / 1000 : null;
}

/** Whether a backfill started a batch: it was opened meanwhile, for a date of its range. */
function isOf(batch, backfill) {
  const isMeanwhile = batch.submitted_at >= backfill.started_at && (!backfill.ended_at || batch.submitted_at <= backfill.ended_at);
  return isMeanwhile && Object.values(batch.parameters ?? {}).some((value) => value >= backfill.from && value.slice(0, backfill.to.length) <= backfill.to);
}

function ofBatch(batch, run, isBackfill) {
  const isEnded = ENDED.includes(batch.state);
  return {
    key: batch.batch, batch: batch.batch, at: batch.submitted_at, state: batch.state, cause: run?.cause ?? (isBackfill ? 'backfill' : 'request'), tick: run?.tick,
    parameters: batch.parameters ?? {}, model: batch.model, rows: batch.read, predictions: batch.predictions, quarantined: batch.quarantined,
    seconds: seconds(run?.started_at, run?.ended_at) ?? (isEnded ? batch.use?.active_seconds ?? null : null), cost: batch.use?.cost ?? null, reason: batch.reason, removal: batch.removal,
    drift: (batch.checks ?? []).filter((check) => check.baseline && (check.name === 'prediction.psi' || check.name.startsWith('psi.'))),
  };
}

function ofRun(run) {
  return {
    key: run.run, batch: run.batch, at: run.started_at ?? run.due_at, state: run.state, cause: run.cause, tick: run.tick, parameters: run.parameters, model: null,
    rows: run.totals?.rows ?? null, predictions: run.totals?.predictions ?? null, quarantined: run.totals?.quarantined ?? null,
    seconds: seconds(run.started_at, run.ended_at), cost: run.totals?.cost ?? null, reason: run.reason,
  };
}

export function JobPage({session, name, rows, tell}) {
  const [most, setMost] = useState(PAGE);
  const [again, setAgain] = useState(0);
  // The live rows of this job tell when to load again.
  const version = useMemo(
    () => [...rows.values()].filter((row) => row.job === name).map((row) => `${row.key} ${row.state} ${row.next} ${row.paused} ${row.waiting}`).join(),
    [rows, name],
  );
  useEffect(() => {
    document.title = `${name} · Nightshift`;
  }, [name]);
  const page = useLoaded(() => load(name, most), [name, most, version, again]);
  const changed = (text) => {
    tell(text);
    setAgain((count) => count + 1);
  };
  return html`<main id="main" tabindex="-1">
    <nav class="crumbs" aria-label="Where you are"><a href="#/">Tonight</a> <span aria-hidden="true">/</span> job</nav>
    <${Loaded} of=${page} heading=${name}>${(value) => html`<${Job} name=${name} page=${value} session=${session} changed=${changed} onMore=${() => setMost(most + PAGE)} />`}</${Loaded}>
  </main>`;
}

function Job({name, page, session, changed, onMore}) {
  const {applied, runs} = page;
  if (!applied && runs.length === 0) return html`<h1>${name}</h1><${Notice} kind="info">There is no job ${name}. It has no batch, and it is not applied.</${Notice}>`;
  const oldestFirst = runs.filter((run) => run.batch && run.state !== 'unchanged').toReversed();
  const currency = runs.find((run) => run.cost)?.cost.currency;
  return html`<div class="title"><div><h1>${name}</h1><p class="muted">${plural(runs.length, 'run')}${page.hasMore ? ' and more before' : ''}</p></div>
      <div class="buttons">${applied && html`<${TriggerButton} job=${applied} session=${session} changed=${changed} />
        <${BackfillButton} job=${applied} session=${session} changed=${changed} />
        ${jobActions(applied).map((action) => html`<${Action} key=${action.label} session=${session} action=${action} onDone=${changed} />`)}`}</div></div>
    ${applied?.pause && html`<${Notice} kind="info">Paused <${Time} at=${applied.pause.at} withAge /> by ${applied.pause.by}${applied.pause.reason && `: ${applied.pause.reason}`}</${Notice}>`}
    <div class="panels runs">
      <${Panel} id="runs" title="Runs" wide note="the newest first; each links to its batch"><${Grid} runs=${runs} />
        ${page.hasMore && html`<p><button type="button" onClick=${onMore}>Show 100 earlier runs</button></p>`}</${Panel}>
      <${Panel} id="schedule" title="Schedule"><${Schedule} job=${applied} running=${runs.filter((run) => run.batch && !ENDED.includes(run.state)).length} /></${Panel}>
      <${Panel} id="durations" title="Duration"><${RunChart} runs=${oldestFirst} of=${(run) => run.seconds} unit=${duration} label="Duration" /></${Panel}>
      <${Panel} id="volumes" title="Rows read"><${RunChart} runs=${oldestFirst} of=${(run) => run.rows} unit=${short} label="Rows" /></${Panel}>
      <${Panel} id="rates" title="Quarantined share"><${RunChart} runs=${oldestFirst} of=${(run) => (run.rows ? run.quarantined / run.rows : null)} unit=${percent} label="Quarantined share" /></${Panel}>
      ${currency && html`<${Panel} id="costs" title=${`Cost in ${currency}`}><${RunChart} runs=${oldestFirst} of=${(run) => run.cost?.total ?? null} unit=${(value) => value.toPrecision(2)} label="Cost" /></${Panel}>`}
      ${runs.some((run) => run.drift?.length > 0) && html`<${Panel} id="drift" title="Drift" wide note="population stability index of each run against its baseline; more than 0.25 is often called a large change"><${Drift} runs=${oldestFirst} /></${Panel}>`}
      ${page.backfills.length > 0 && html`<${Panel} id="backfills" title="Backfills" wide><${Backfills} backfills=${page.backfills} session=${session} changed=${changed} /></${Panel}>`}
      <${Panel} id="table" title="Runs as a table" wide><${Table} runs=${runs} currency=${currency} /></${Panel}>
      ${applied?.text && html`<${Panel} id="jobfile" title="Job file" wide note=${`revision ${applied.revision}, applied by ${applied.applied_by}`} actions=${html`<${Copy} text=${applied.text} label="Copy" />`}><pre class="file" tabindex="0" aria-label="Job file">${applied.text}</pre></${Panel}>`}
    </div>`;
}

/** How many runs and features the chart of the drift shows. */
const DRIFT_RUNS = 60;
const DRIFT_FEATURES = 4;

/** The index of the predictions, and of the features that have drifted most. */
function Drift({runs}) {
  const shown = runs.filter((run) => run.drift?.length > 0).slice(-DRIFT_RUNS);
  const names = new Set(shown.flatMap((run) => run.drift.map((check) => check.name)));
  const all = [...names].map((name) => {
    const checks = shown.map((run) => run.drift.find((check) => check.name === name));
    const values = checks.map((check) => check?.value ?? null);
    const last = checks.findLast((check) => check);
    return {name, values, last: last.value, limit: last.limit, greatest: Math.max(...values.filter((value) => value !== null)), failed: checks.filter((check) => check && !check.passed).length};
  });
  const features = all.filter((one) => one.name !== 'prediction.psi').sort((a, b) => b.greatest - a.greatest);
  const series = [...all.filter((one) => one.name === 'prediction.psi'), ...features.slice(0, DRIFT_FEATURES)];
  const hidden = features.length - DRIFT_FEATURES;
  const title = (name) => (name === 'prediction.psi' ? 'predictions' : name.slice('psi.'.length));
  const index = (value) => String(Number(value.toPrecision(3)));
  return html`<${LinesChart} runs=${shown} series=${series} unit=${index} label=${`Drift of ${plural(shown.length, 'run')}; the table has the numbers`} />
    <div class="scroll" tabindex="0" role="region" aria-label="Table of drift"><table class="compact"><thead><tr><th scope="col">What</th><th scope="col" class="number">Last run</th><th scope="col" class="number">Greatest</th><th scope="col" class="number">Limit</th><th scope="col" class="number">Runs above it</th></tr></thead><tbody>
      ${series.map((one, i) => html`<tr key=${one.name}><td><svg class="sample ${i === 0 ? 'first' : ''}" viewBox="0 0 36 6" aria-hidden="true"><path d="M0 3h36" stroke-dasharray=${DASHES[i].join(' ')} /></svg> ${title(one.name)}</td><td class="number">${index(one.last)}</td><td class="number">${index(one.greatest)}</td><td class="number">${index(one.limit)}</td><td class="number">${number(one.failed)}</td></tr>`)}</tbody></table></div>
    <p class="muted">${runs.length > shown.length ? `The last ${plural(shown.length, 'run')} with an index. ` : ''}${hidden > 0 ? `${plural(hidden, 'more feature')} drifted less. ` : ''}All columns of a run: <code>nightshift batch drift ID</code></p>`;
}

const CAUSES = {schedule: 'schedule', trigger: 'trigger', manual: 'started by hand', backfill: 'backfill', request: 'submitted'};

function Grid({runs}) {
  if (runs.length === 0) return html`<p class="muted">The job has not run yet.</p>`;
  return html`<ul class="grid">${runs.map((run, i) => {
      const older = runs.slice(i + 1).find((other) => other.model);
      const isNewModel = run.model && older && older.model !== run.model;
      const label = `${stateWord(run.state)}, ${precise(run.at)}, ${CAUSES[run.cause] ?? run.cause}${Object.entries(run.parameters).map(([key, value]) => `, ${key}=${value}`).join('')}${isNewModel ? `, first run with ${modelName(run.model)}` : ''}${run.removal ? ', removed' : ''}`;
      const content = html`<${Icon} name=${stateIcon(run.state)} />${run.cause === 'backfill' && html`<span class="mark backfill" aria-hidden="true">b</span>`}${run.cause === 'manual' && html`<span class="mark" aria-hidden="true">m</span>`}`;
      return html`<li key=${run.key} class=${isNewModel ? 'new-model' : ''}>${run.batch
        ? html`<a class="square ${tone(run.state)} ${run.removal ? 'removed' : ''}" href=${batchLink(run.batch)} title=${label} aria-label=${label}>${content}</a>`
        : html`<span class="square ${tone(run.state)}" title=${`${label}${run.reason ? `: ${run.reason}` : ''}`} role="img" aria-label=${label}>${content}</span>`}</li>`;
    })}</ul>
    <p class="legend muted">${['published', 'running', 'failed', 'held', 'paused', 'cancelled', 'waiting'].map((state) => html`<span key=${state} class="state ${tone(state)}"><${Icon} name=${stateIcon(state)} />${stateWord(state)}</span>`)}
      ${runs.some((run) => run.removal) && html`<span><span class="square good removed" aria-hidden="true"></span> removed</span>`}
      <span><b>b</b> backfill</span><span><b>m</b> started by hand</span><span class="new-model-legend">first run with another model version</span></p>`;
}

function Schedule({job, running}) {
  if (!job) return html`<p class="muted">The job is not applied, so it does not run by itself. <code>nightshift job apply</code> applies a job file.</p>`;
  const differs = job.time_zone !== Intl.DateTimeFormat().resolvedOptions().timeZone;
  return html`<dl class="pairs">${job.cron && html`<dt>Schedule</dt><dd>${job.schedule ?? job.cron} <span class="muted">(${job.cron}, ${job.time_zone})</span></dd>`}
      ${job.trigger && html`<dt>Trigger</dt><dd>${job.trigger}</dd>`}
      ${!job.cron && !job.trigger && html`<dt>Schedule</dt><dd class="muted">none</dd>`}
      <dt>Waiting</dt><dd>${plural(job.waiting, 'run')}</dd><dt>Running</dt><dd>${plural(running, 'run')}</dd></dl>
    ${job.ticks.length > 0 && html`<h3>Next</h3><ol class="ticks">${job.ticks.map((tick) => html`<li key=${tick.at}><${Time} at=${tick.at} zone=${differs ? job.time_zone : null} withAge /> <${Parameters} of=${tick.parameters} /></li>`)}</ol>`}`;
}

function Table({runs, currency}) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of runs"><table class="compact"><thead><tr><th scope="col">State</th><th scope="col">When</th><th scope="col">Why</th><th scope="col">Parameters</th><th scope="col">Model</th><th scope="col" class="number">Duration</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Quarantined</th>${currency && html`<th scope="col" class="number">Cost</th>`}</tr></thead><tbody>
    ${runs.map((run) => html`<tr key=${run.key}><td><${State} state=${run.state} />${run.removal && html` <small class="muted block"><${Removal} of=${run.removal} /></small>`}</td><td>${run.batch ? html`<a href=${batchLink(run.batch)}><${Time} at=${run.at} /></a>` : html`<${Time} at=${run.at} />`}</td><td>${CAUSES[run.cause] ?? run.cause}</td><td><${Parameters} of=${run.parameters} /></td><td>${run.model ? modelName(run.model) : '–'}</td>
      <td class="number">${duration(run.seconds)}</td><td class="number">${run.rows === null ? '–' : number(run.rows)}</td><td class="number">${run.quarantined === null ? '–' : number(run.quarantined)}</td>${currency && html`<td class="number">${run.cost ? run.cost.total.toFixed(4) : '–'}</td>`}</tr>`)}</tbody></table></div>`;
}

function TriggerButton({job, session, changed}) {
  return html`<${Opener} label="Run now" role="submit" session=${session} does="Starts a run of the job">${(close) => html`<${Trigger} job=${job} close=${close} changed=${changed} />`}</${Opener}>`;
}

function Trigger({job, close, changed}) {
  const defaults = {...(job.latest?.parameters ?? {}), ...(job.ticks[0]?.parameters ?? {})};
  const [values, setValues] = useState(defaults);
  const [key] = useState(() => crypto.randomUUID());
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const start = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const query = Object.entries(values).map(([name, value]) => `param=${segment(`${name}=${value}`)}`).join('&');
      const run = await ask(`v1/jobs/${segment(job.job)}/trigger${query && `?${query}`}`, {method: 'POST', body: {}, headers: {'Idempotency-Key': key}});
      changed(`The run is ${stateWord(run.state)}.`);
      close();
    } catch (refusal) {
      setProblem(refusal.message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${`Run ${job.job} now?`} onClose=${close}><form onSubmit=${start}>
    <p>A run of the applied job file (revision ${job.revision}) is started. If the same input was published with the same model before, nothing is scored again.</p>
    ${Object.entries(values).map(([name, value]) => html`<label key=${name}>${name}<input type="text" required value=${value} onInput=${(event) => setValues({...values, [name]: event.target.value})} /></label>`)}
    ${problem && html`<p class="bad-text" role="alert">${problem}</p>`}
    <p class="buttons"><button type="submit" class="primary" disabled=${isBusy}>Start the run</button><button type="button" onClick=${close}>Leave it</button></p></form></${Dialog}>`;
}

function BackfillButton({job, session, changed}) {
  return html`<${Opener} label="Backfill…" role="submit" session=${session} does="Runs the job for past dates">${(close) => html`<${Backfill} job=${job} close=${close} changed=${changed} />`}</${Opener}>`;
}

const SHOWN = 40;

function Backfill({job, close, changed}) {
  const [request, setRequest] = useState({from: '', to: '', parallel: 1, all: false});
  const [plan, setPlan] = useState(null);
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const set = (part) => {
    setRequest({...request, ...part});
    setPlan(null);
  };
  const send = async (isDry) => {
    setBusy(true);
    setProblem(null);
    try {
      const path = `v1/jobs/${segment(job.job)}/backfills`;
      if (isDry) {
        setPlan(await post(`${path}?dry-run=true`, request));
      } else {
        await ask(path, {method: 'POST', body: request, headers: {'Idempotency-Key': key}});
        changed('The backfill is started.');
        close();
        return;
      }
    } catch (refusal) {
      setProblem(refusal.message);
    }
    setBusy(false);
  };
  const starts = plan?.runs.filter((planned) => planned.starts) ?? [];
  return html`<${Dialog} title=${`Backfill ${job.job}`} onClose=${close}><form onSubmit=${(event) => {
      event.preventDefault();
      send(!plan);
    }}>
    <p>Runs the job for each date of a range. The dry run shows first what would be started.</p>
    <div class="fields"><label>First date<input type="date" required value=${request.from} onInput=${(event) => set({from: event.target.value})} /></label>
      <label>Last date<input type="date" required value=${request.to} onInput=${(event) => set({to: event.target.value})} /></label>
      <label>At the same time<input type="number" min="1" max="100" required value=${request.parallel} onInput=${(event) => set({parallel: Number(event.target.value)})} /></label></div>
    <label class="check"><input type="checkbox" checked=${request.all} onChange=${(event) => set({all: event.target.checked})} /> also dates that are published already</label>
    ${plan && html`<div class="plan" role="status"><p><strong>${plural(starts.length, 'run')} would be started</strong>, ${number(plan.runs.length - starts.length)} left as ${plan.runs.length - starts.length === 1 ? 'it is' : 'they are'}.</p>
      <ul>${plan.runs.slice(0, SHOWN).map((planned) => html`<li key=${planned.run.run} class=${planned.starts ? '' : 'muted'}><${Parameters} of=${planned.run.parameters} />${Object.keys(planned.run.parameters).length === 0 && html`<${Time} at=${planned.run.due_at} />`} ${planned.starts ? 'starts' : `stays ${stateWord(planned.run.state)}`}</li>`)}</ul>
      ${plan.runs.length > SHOWN && html`<p class="muted">The first ${SHOWN} of ${number(plan.runs.length)}.</p>`}</div>`}
    ${problem && html`<p class="bad-text" role="alert">${problem}</p>`}
    <p class="buttons">${plan
      ? html`<button type="submit" class="primary" disabled=${isBusy || starts.length === 0}>Start ${plural(starts.length, 'run')}</button>`
      : html`<button type="submit" class="primary" disabled=${isBusy}>Dry run</button>`}<button type="button" onClick=${close}>Leave it</button></p></form></${Dialog}>`;
}

function Backfills({backfills, session, changed}) {
  const actions = (backfill) => {
    const control = (verb, label, does, kind) => ({
      label, kind, role: 'admin', title: `${label} the backfill?`, does, done: `${label}: done.`,
      run: () => post(`v1/jobs/${segment(backfill.job)}/backfills/${segment(backfill.id)}/${verb}`),
    });
    if (backfill.state === 'running') return [control('pause', 'Pause', 'No further run is started until it is resumed. Batches that were started continue.'), control('cancel', 'Cancel', 'No further run is started, for good. Batches that were started continue.', 'danger')];
    if (backfill.state === 'paused') return [control('resume', 'Resume', 'The backfill continues with the next run.', 'primary'), control('cancel', 'Cancel', 'No further run is started, for good.', 'danger')];
    return [];
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of backfills"><table class="compact"><thead><tr><th scope="col">Backfill</th><th scope="col">State</th><th scope="col">Dates</th><th scope="col">Started</th><th scope="col" class="number">Published</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Left</th><th scope="col"><span class="sr">Actions</span></th></tr></thead><tbody>
    ${backfills.map((backfill) => html`<tr key=${backfill.id}><td><code>${backfill.id}</code></td><td><${State} state=${backfill.state === 'done' ? 'published' : backfill.state} /></td><td>${backfill.from} to ${backfill.to}</td><td><${Time} at=${backfill.started_at} /> by ${backfill.started_by}</td><td class="number">${number(backfill.published)}</td><td class="number">${number(backfill.failed)}</td><td class="number">${number(backfill.waiting + backfill.running)}</td>
      <td><span class="buttons">${actions(backfill).map((action) => html`<${Action} key=${action.label} session=${session} action=${action} onDone=${changed} />`)}</span></td></tr>`)}</tbody></table></div>`;
}
