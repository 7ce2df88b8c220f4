// The parts that pages are made of.
import {html, useEffect, useRef, useState} from './preact.js';
import {exact, inZone, percent, precise, relative, time} from './format.js';
import {isConnectionLost, onConnection} from './server.js';

/** Each state has a symbol and a word, so nobody needs to tell colours apart. */
const STATES = {
  opened: ['wait', 'clock', 'opened'],
  submitted: ['wait', 'clock', 'planning'],
  window: ['wait', 'clock', 'waits for its window'],
  running: ['run', 'play', 'running'],
  paused: ['pause', 'pause', 'paused'],
  publishing: ['run', 'up', 'publishing'],
  held: ['warn', 'hand', 'held'],
  published: ['good', 'check', 'published'],
  unchanged: ['good', 'equals', 'unchanged'],
  failed: ['bad', 'cross', 'failed'],
  refused: ['bad', 'bar', 'refused'],
  damaged: ['bad', 'crack', 'damaged'],
  cancelled: ['off', 'dash', 'cancelled'],
  skipped: ['off', 'skip', 'skipped'],
  missing: ['off', 'gap', 'no run'],
  waiting: ['wait', 'clock', 'waiting'],
  none: ['off', 'dot', 'no batch yet'],
  up: ['good', 'check', 'up'],
  joining: ['wait', 'clock', 'joining'],
  leaving: ['pause', 'skip', 'leaving'],
  exiting: ['pause', 'skip', 'exiting'],
  unreachable: ['bad', 'gap', 'unreachable'],
  down: ['bad', 'cross', 'down'],
};

const ICONS = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4 4l8 8M12 4l-8 8',
  play: 'M5.5 3.8l6.5 4.2-6.5 4.2z',
  pause: 'M5.5 4v8M10.5 4v8',
  up: 'M8 12.5v-9M4 7.5l4-4 4 4',
  hand: 'M8 3.5v5.5M8 12.2v.3',
  clock: 'M8 4.5V8l2.5 1.5M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z',
  dash: 'M4 8h8',
  skip: 'M4 4.5l4.5 3.5L4 11.5M11 4v8',
  gap: 'M3 8h2M7 8h2M11 8h2',
  dot: 'M8 7.6v.8',
  equals: 'M4 6.2h8M4 9.8h8',
  bar: 'M8 2.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8zM4.5 11.5l7-7',
  crack: 'M6 2.5L9 6 6.5 9 9.5 13.5',
  back: 'M10 3.5L5.5 8l4.5 4.5',
  copy: 'M6 5.5h6.5V13H6zM3.5 10.5V3H10',
  moon: 'M9.8 2.7a5.6 5.6 0 1 0 3.6 8A4.8 4.8 0 0 1 9.8 2.7z',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  half: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
};

export function Icon({name}) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

export const tone = (state) => (STATES[state] ?? ['off'])[0];
export const stateIcon = (state) => (STATES[state] ?? ['off', 'dot'])[1];
export const stateWord = (state) => (STATES[state] ?? ['off', 'dot', state])[2];

/** The state of a batch for people: one that waits for its window neither plans nor runs. */
export const shownState = (batch) => (batch.timing?.window_opens && ['submitted', 'running'].includes(batch.state) ? 'window' : batch.state);

export function State({state}) {
  return html`<span class="state ${tone(state)}"><${Icon} name=${stateIcon(state)} />${stateWord(state)}</span>`;
}

/** A moment that stays right while it is shown. */
export function Time({at, zone, withAge = false, seconds = false}) {
  if (!at) return html`<span class="muted">–</span>`;
  const there = inZone(at, zone);
  return html`<time dateTime=${at} title=${precise(at, zone)}>${seconds ? exact(at) : time(at)}${there && html` <small class="muted">(${there})</small>`}${
    withAge && html` <small class="muted">${relative(at)}</small>`}</time>`;
}

/** How far the removal of a published batch is. */
export function Removal({of}) {
  const by = of.by ? `deleted by ${of.by}` : 'removed by retention';
  return of.removed_at
    ? html`${by} <${Time} at=${of.removed_at} />`
    : html`being ${by} since <${Time} at=${of.at} />${of.unpublished_at && html`; readers no longer see it`}`;
}

export function Progress({value, max, label, state = 'running'}) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return html`<div class="progress ${tone(state)}" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(share * 100)} aria-label=${label}>
    <div class="bar" style=${{width: `${share * 100}%`}}></div></div>`;
}

export const share = (value, max) => percent(max > 0 ? value / max : 0);

/** The forecast against the deadline, on an axis of time. */
export function Forecast({timing, from}) {
  const forecast = timing?.forecast;
  if (!timing || (!forecast && !timing.deadline)) return null;
  const start = new Date(from).getTime();
  const now = Date.now();
  const median = forecast ? new Date(forecast.median).getTime() : null;
  const late = forecast ? new Date(forecast.late).getTime() : null;
  const deadline = timing.deadline ? new Date(timing.deadline).getTime() : null;
  const last = Math.max(now, late ?? 0, deadline ?? 0);
  const end = last + (last - start) * 0.06;
  const x = (at) => `${Math.max(0, Math.min(100, ((at - start) / (end - start)) * 100))}%`;
  const width = (a, b) => `${Math.max(0.6, ((b - a) / (end - start)) * 100)}%`;
  const tight = timing.deadline_missed || timing.deadline_at_risk;
  return html`<div class="forecast ${tight ? 'tight' : ''}" aria-hidden="true">
    <div class="axis"></div>
    <div class="passed" style=${{width: x(now)}}></div>
    ${forecast && html`<div class="band" style=${{left: x(median), width: width(median, late)}}></div>
      <div class="median" style=${{left: x(median)}}></div>`}
    ${deadline && html`<div class="deadline" style=${{left: x(deadline)}}></div>`}
    <div class="now" style=${{left: x(now)}}></div>
  </div>`;
}

/** The forecast in words. */
export function ForecastText({timing}) {
  const forecast = timing?.forecast;
  const zone = timing?.time_zone;
  if (!timing) return null;
  const parts = [];
  if (forecast) {
    parts.push(html`<span>done about <${Time} at=${forecast.median} zone=${zone} />, with 95 % probability by <${Time} at=${forecast.late} zone=${zone} /></span>`);
  }
  if (timing.deadline) {
    parts.push(html`<span class=${timing.deadline_missed ? 'bad-text' : timing.deadline_at_risk ? 'warn-text' : ''}>
      ${timing.deadline_missed ? 'missed the deadline' : timing.deadline_at_risk ? 'may miss the deadline' : 'deadline'} <${Time} at=${timing.deadline} zone=${zone} /></span>`);
  }
  if (timing.window_opens) {
    parts.push(html`<span>the window opens <${Time} at=${timing.window_opens} zone=${zone} /></span>`);
  }
  return html`<span class="words">${parts}</span>`;
}

export function Copy({text, label}) {
  const [done, setDone] = useState(false);
  const timer = useRef();
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      timer.current = setTimeout(() => setDone(false), 1500);
    } catch {
      // The text can be selected.
    }
  };
  return html`<button type="button" class="quiet small" onClick=${copy}><${Icon} name=${done ? 'check' : 'copy'} /><span>${done ? 'Copied' : label}</span></button>`;
}

export function Panel({title, note, children, actions, wide = false, id}) {
  return html`<section class="panel ${wide ? 'wide' : ''}" aria-labelledby=${id}>
    <header><h2 id=${id}>${title}</h2>${note && html`<span class="muted note">${note}</span>`}${actions && html`<span class="spacer"></span>${actions}`}</header>
    ${children}
  </section>`;
}

export function Notice({kind = 'bad', children}) {
  const icon = {bad: 'cross', warn: 'hand', info: 'clock'}[kind];
  return html`<div class="notice ${kind}" role=${kind === 'bad' ? 'alert' : 'status'}><${Icon} name=${icon} /><div>${children}</div></div>`;
}

/**
 * Shows loaded data, or why it can't be loaded. If a later load fails, the old data stays, below the reason. Until there is
 * data, `heading` is shown, for pages whose own heading is part of the data.
 */
export function Loaded({of, heading, children}) {
  if (of.value === undefined) {
    return html`${heading && html`<h1>${heading}</h1>`}
      ${of.problem ? html`<${Notice}>${of.problem}</${Notice}>` : html`<p class="muted loading">Loading…</p>`}`;
  }
  return html`${of.problem && html`<${Notice} kind="warn">This can’t be kept up to date: ${of.problem}</${Notice}>`}
    ${children(of.value)}`;
}

/**
 * Loads something whenever what it depends on changes, and when a lost connection is there again. What was loaded before
 * stays until then.
 */
export function useLoaded(load, dependencies) {
  const [state, setState] = useState({});
  const [returns, setReturns] = useState(0);
  useEffect(() => {
    let wasLost = isConnectionLost();
    return onConnection((lost) => {
      if (wasLost && !lost) setReturns((count) => count + 1);
      wasLost = lost;
    });
  }, []);
  useEffect(() => {
    let isOver = false;
    load().then(
      (value) => isOver || setState({value}),
      (refusal) => isOver || setState((before) => ({value: before.value, problem: refusal.message})),
    );
    return () => {
      isOver = true;
    };
  }, [...dependencies, returns]);
  return state;
}

/** Draws again now and then, for ages and forecasts. */
export function useClock(seconds = 10) {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/** The job of a batch and the values of its parameters: churn, day=2026-11-25. */
export const batchName = (batch) => [batch.job, ...Object.entries(batch.parameters ?? {}).map(([name, value]) => `${name}=${value}`)].join(', ');

export const batchLink = (batch) => `#/batches/${encodeURIComponent(batch)}`;
export const jobLink = (job) => `#/jobs/${encodeURIComponent(job)}`;

/** The values of a run's parameters. */
export function Parameters({of}) {
  const entries = Object.entries(of ?? {});
  return entries.length === 0 ? null : html`<span class="parameters">${entries.map(([name, value]) => html`<span>${name}=${value}</span>`)}</span>`;
}
