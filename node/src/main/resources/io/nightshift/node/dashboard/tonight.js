// «Tonight»: what needs a person, what runs, what is done.
import {html, useEffect, useMemo, useState} from './preact.js';
import {day, number, plural, relative, viewerZone} from './format.js';
import {Forecast, ForecastText, Notice, Parameters, Progress, Removal, State, Time, batchLink, batchName, jobLink, share, shownState, stateWord, useClock} from './parts.js';
import {Action, batchActions} from './actions.js';

const ACTIVE = ['opened', 'submitted', 'running', 'publishing', 'paused'];

function group(row) {
  const late = row.timing?.deadline_missed || row.timing?.deadline_at_risk;
  if (['failed', 'held', 'damaged'].includes(row.state)) return 'person';
  // A batch that waits for its window does what its job says.
  const isStuck = row.waits_for && !row.timing?.window_opens;
  if (ACTIVE.includes(row.state)) return isStuck || late ? 'person' : 'running';
  if (row.batch && Date.now() - new Date(row.submitted_at) < 86_400_000) return 'done';
  return row.next ? 'next' : 'earlier';
}

const GROUPS = [
  ['person', 'Needs a person', 'Nothing needs a person.'],
  ['running', 'Running', 'Nothing runs at the moment.'],
  ['done', 'Done in the last 24 hours', null],
  ['next', 'Coming up', null],
  ['earlier', 'Earlier', null],
];

/** One sentence that answers the question with which people come. */
function verdict(counts) {
  if (counts.person > 0) return `${plural(counts.person, 'batch needs', 'batches need')} a person`;
  if (counts.running > 0) return `${plural(counts.running, 'batch runs', 'batches run')}, and nothing needs you`;
  return 'All is quiet';
}

export function TonightPage({session, live, head, rows, tell}) {
  const [wanted, setWanted] = useState('');
  useClock();
  useEffect(() => {
    document.title = 'Tonight · Nightshift';
  }, []);
  const text = wanted.trim().toLowerCase();
  const groups = useMemo(() => {
    const found = {person: [], running: [], done: [], next: [], earlier: []};
    for (const row of rows.values()) {
      found[group(row)].push(row);
    }
    const newest = (a, b) => (b.submitted_at ?? '').localeCompare(a.submitted_at ?? '');
    Object.values(found).forEach((list) => list.sort(newest));
    found.next.sort((a, b) => a.next.localeCompare(b.next));
    return found;
  }, [rows]);
  const counts = Object.fromEntries(Object.entries(groups).map(([name, list]) => [name, list.length]));
  const matches = (row) => !text || `${row.job} ${row.batch ?? ''} ${row.state} ${stateWord(shownState(row))} ${GROUPS.find(([name]) => name === group(row))[1]} ${row.reason ?? ''} ${Object.entries(row.parameters ?? {}).map(([key, value]) => `${key}=${value}`).join(' ')}`.toLowerCase().includes(text);
  if (!live) return html`<main id="main" tabindex="-1"><h1>Tonight</h1><p class="muted loading">Loading…</p></main>`;
  const batchAlerts = new Set([...rows.values()].map((row) => row.batch));
  const otherAlerts = (head?.shown_alerts ?? []).filter((alert) => !(alert.type === 'batch' && batchAlerts.has(alert.subject)));
  return html`<main id="main" tabindex="-1">
    <div class="title">
      <div><p class="eyebrow">${day(Date.now())} · times in ${viewerZone}</p><h1>${verdict(counts)}</h1></div>
      <label class="search"><span class="sr">Find a job or batch</span><input type="search" placeholder="Find a job or batch" value=${wanted} onInput=${(event) => setWanted(event.target.value)} /></label>
    </div>
    ${rows.size === 0 && html`<${Empty} />`}
    ${otherAlerts.length > 0 && html`<section aria-label="Alerts">${otherAlerts.map((alert) => html`<${Notice} kind="warn" key=${alert.type + alert.subject + alert.cause}>
      <strong>${alert.type === 'job' ? html`<a href=${jobLink(alert.subject)}>${alert.subject}</a>` : alert.subject}</strong> ${alert.summary} <small class="muted">since <${Time} at=${alert.raised_at} /></small></${Notice}>`)}
      ${head.more_alerts && html`<p class="muted">There are more alerts: <code>nightshift alert list</code> lists all.</p>`}</section>`}
    ${rows.size > 0 && GROUPS.map(([name, title, none]) => {
      const shown = groups[name].filter(matches);
      if (shown.length === 0 && (text || !none)) return null;
      return html`<section class="group ${name}" key=${name} aria-labelledby=${`group-${name}`}>
        <h2 id=${`group-${name}`}>${title} ${shown.length > 0 && html`<span class="count">${number(shown.length)}</span>`}</h2>
        ${shown.length === 0 ? html`<p class="muted quiet-line">${none}</p>` : html`<ul class="rows">${shown.map((row) => html`<${Row} key=${row.key} row=${row} name=${name} session=${session} tell=${tell} />`)}</ul>`}
      </section>`;
    })}
    ${text && ![...rows.values()].some(matches) && html`<p class="muted">No job or batch on this page has «${wanted}» in its name, state or parameters.</p>`}
    ${head?.hidden > 0 && html`<${Notice} kind="info">${plural(head.hidden, 'job')} with an older, ended batch ${head.hidden === 1 ? 'is' : 'are'} not on this page. <code>nightshift job list</code> lists all.</${Notice}>`}
  </main>`;
}

function Row({row, name, session, tell}) {
  const isActive = ACTIVE.includes(row.state);
  const actions = name === 'person' && row.batch ? batchActions(row, batchName(row)) : [];
  const state = shownState(row);
  const isPlanned = row.rows > 0;
  return html`<li class="row ${name}">
    <div class="who">
      <a class="job" href=${row.batch ? batchLink(row.batch) : jobLink(row.job)}>${row.job}</a>
      <${Parameters} of=${row.parameters} />
      <span class="sub muted">${row.batch ? html`<a class="id" href=${jobLink(row.job)} aria-label=${`All runs of ${row.job}`}>all runs</a>` : null}
        ${row.schedule && html`<span>${row.paused !== undefined ? 'schedule paused' : row.next ? html`next <${Time} at=${row.next} zone=${row.timing?.time_zone} />` : row.schedule}</span>`}</span>
    </div>
    <div class="what"><${State} state=${state} />${row.submitted_at && html`<small class="muted">${relative(row.submitted_at)}</small>`}</div>
    <div class="how">
      ${isActive && (isPlanned || state !== 'window') && html`<div class="meter"><${Progress} value=${row.done} max=${row.rows} label=${`Progress of ${row.job}`} state=${row.state} />
        <span class="figures"><strong>${isPlanned ? share(row.done, row.rows) : ''}</strong> <span class="muted">${isPlanned ? `${number(row.done)} of ${number(row.rows)} rows` : 'not planned yet'}</span></span></div>`}
      ${!isActive && isPlanned && html`<span class="figures">${plural(row.predictions, 'prediction')} <span class="muted">of ${number(row.rows)} rows</span>${row.quarantined > 0 && html` · <span class="warn-text">${number(row.quarantined)} quarantined</span>`}</span>`}
      ${isActive && row.timing && html`<${Forecast} timing=${row.timing} from=${row.submitted_at} /><${ForecastText} timing=${row.timing} />`}
      ${row.waits_for && html`<p class="reason ${state === 'window' ? 'muted' : 'warn-text'}">waits for ${row.waits_for}</p>`}
      ${row.reason && html`<p class="reason">${row.reason}</p>`}
      ${row.removal && html`<p class="muted"><${Removal} of=${row.removal} /></p>`}
      ${row.waiting > 0 && html`<p class="muted">${plural(row.waiting, 'run')} waiting</p>`}
    </div>
    ${actions.length > 0 && html`<div class="buttons">${actions.map((action) => html`<${Action} key=${action.label} session=${session} action=${action} onDone=${tell} />`)}</div>`}
  </li>`;
}

function Empty() {
  return html`<div class="empty"><h2>No batch has run yet</h2>
    <p>Start the first one, and it appears here:</p>
    <pre>nightshift batch submit job.yaml</pre>
    <p class="muted">A job that is applied with <code>nightshift job apply job.yaml</code> appears here with its next run.</p></div>`;
}
