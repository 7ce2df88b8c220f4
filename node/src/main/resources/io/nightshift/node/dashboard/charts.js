// Charts with uPlot, which draws on a canvas. Each has its numbers as a table next to it.
import {html, useEffect, useRef} from './preact.js';
import {clock, duration, number, plural, shortDay, short, time} from './format.js';

/** The colours of a chart: a canvas takes none from the style sheet, so they are read from an element. */
function palette(element) {
  const style = getComputedStyle(element);
  return {ink: style.color, line: style.getPropertyValue('outline-color'), grid: style.getPropertyValue('border-top-color')};
}

function Chart({make, data, height = 170, label}) {
  const place = useRef();
  const chart = useRef();
  useEffect(() => {
    const draw = () => {
      chart.current?.destroy();
      chart.current = null;
      const width = place.current.clientWidth;
      if (width > 0) chart.current = new uPlot({width, height, ...make(palette(place.current))}, data, place.current);
    };
    draw();
    let width = place.current.clientWidth;
    const sizes = new ResizeObserver(() => {
      if (place.current && place.current.clientWidth !== width) {
        width = place.current.clientWidth;
        chart.current?.setSize({width, height});
      }
    });
    sizes.observe(place.current);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    addEventListener('nightshift-theme', draw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', draw);
      removeEventListener('nightshift-theme', draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [data, make]);
  return html`<div class="chart" ref=${place} role="img" aria-label=${label}></div>`;
}

const axes = (colours, format, values, more = {}) => [
  {...more, size: 32, stroke: colours.ink, grid: {show: false}, ticks: {stroke: colours.grid}, font: '12px system-ui', values: format},
  {stroke: colours.ink, grid: {stroke: colours.grid, width: 1}, ticks: {show: false}, font: '12px system-ui', size: 56, values},
];

const makeRate = (colours) => ({
  legend: {show: false},
  cursor: {points: {show: false}, drag: {x: false, y: false}},
  scales: {x: {time: true}, y: {range: (chart, low, high) => [0, Math.max(1, high * 1.08)]}},
  axes: axes(colours, (chart, seconds) => seconds.map((second) => clock(second * 1000)), (chart, values) => values.map(short), {space: 90}),
  series: [{}, {stroke: colours.line, width: 1.75, fill: colours.grid, points: {show: false}, paths: uPlot.paths.stepped({align: 1})}],
});

/** Rows a second, over the time of a batch. */
export function RateChart({rate}) {
  const data = useRate(rate);
  if (!rate || rate.rows.length === 0) return html`<p class="muted">No partition is committed yet.</p>`;
  const rates = data[1].slice(0, rate.rows.length);
  const most = Math.max(...rates);
  return html`<${Chart} make=${makeRate} data=${data} label=${`Rows a second over time, at most ${number(most)}`} />
    <p class="muted">At most ${short(most)} rows/s. Each step is ${duration(rate.seconds)}.</p>
    <details><summary>As a table</summary><div class="scroll short" tabindex="0" role="region" aria-label="Rows over time"><table class="compact"><thead><tr><th scope="col">From</th><th scope="col" class="number">Rows</th></tr></thead><tbody>
      ${rate.rows.map((rows, i) => html`<tr key=${i}><td>${clock(new Date(rate.start).getTime() + i * rate.seconds * 1000)}</td><td class="number">${number(rows)}</td></tr>`)}</tbody></table></div></details>`;
}

function useRate(rate) {
  const before = useRef({});
  const key = rate ? `${rate.start} ${rate.seconds} ${rate.rows.length} ${rate.rows.at(-1)}` : '';
  if (before.current.key !== key) {
    const start = rate ? new Date(rate.start).getTime() / 1000 : 0;
    const rows = rate?.rows ?? [];
    const times = [...rows, 0].map((_, i) => start + i * (rate?.seconds ?? 1));
    const values = rows.map((count) => count / rate.seconds);
    before.current = {key, data: [times, [...values, values.at(-1) ?? 0]]};
  }
  return before.current.data;
}

// A few bars must not be as wide as the chart.
const LEAST_BARS = 11;

const makeBars = (colours, labels, unit) => ({
  legend: {show: false},
  cursor: {points: {show: false}, drag: {x: false, y: false}},
  scales: {x: {time: false, range: (chart, low, high) => [Math.min(low, high - LEAST_BARS) - 0.6, high + 0.6]}, y: {range: (chart, low, high) => [0, high * 1.1 || 1]}},
  axes: axes(colours, (chart, runs) => runs.map((run) => labels[run] ?? ''), (chart, values) => values.map((value) => (value === 0 ? '0' : unit(value))), {incrs: [1, 2, 5, 10, 20, 50, 100], space: 60}),
  series: [{}, {stroke: colours.line, fill: colours.line, width: 0, points: {show: false}, paths: uPlot.paths.bars({size: [0.7, 28]})}],
});

/** A number of each run, the oldest first. */
export function RunChart({runs, of, unit, label}) {
  const before = useRef({});
  const values = runs.map(of);
  const key = JSON.stringify(values);
  if (before.current.key !== key) {
    const days = runs.map((run) => shortDay(run.at));
    const labels = new Set(days).size > 1 ? days : runs.map((run) => time(run.at));
    before.current = {
      key,
      data: [values.map((_, i) => i), values],
      make: (colours) => makeBars(colours, labels, unit),
    };
  }
  if (values.every((value) => value === null)) return html`<p class="muted">No run has ended yet.</p>`;
  const known = values.filter((value) => value !== null);
  return html`<${Chart} make=${before.current.make} data=${before.current.data} height=${140}
    label=${`${label} of ${plural(known.length, 'run')}, from ${unit(Math.min(...known))} to ${unit(Math.max(...known))}`} />`;
}

/** Lines are told apart by their dashes, for those who see no colours. */
export const DASHES = [[], [9, 4], [3, 3], [12, 3, 3, 3], [2, 7]];

const makeLines = (colours, labels, unit, count) => ({
  legend: {show: false},
  cursor: {points: {show: false}, drag: {x: false, y: false}},
  scales: {x: {time: false, range: (chart, low, high) => [Math.min(low, high - LEAST_BARS) - 0.3, high + 0.3]}, y: {range: (chart, low, high) => [0, high * 1.1 || 1]}},
  axes: axes(colours, (chart, runs) => runs.map((run) => labels[run] ?? ''), (chart, values) => values.map((value) => (value === 0 ? '0' : unit(value))), {incrs: [1, 2, 5, 10, 20, 50, 100], space: 60}),
  series: [{}, ...Array.from({length: count}, (_, i) => ({stroke: i === 0 ? colours.line : colours.ink, width: i === 0 ? 2 : 1.25, dash: DASHES[i], spanGaps: true, points: {show: true, size: 5}}))],
});

/** Numbers of each run, the oldest first: a line for each series. */
export function LinesChart({runs, series, unit, label}) {
  const before = useRef({});
  const key = JSON.stringify(series);
  if (before.current.key !== key) {
    const days = runs.map((run) => shortDay(run.at));
    const labels = new Set(days).size > 1 ? days : runs.map((run) => time(run.at));
    before.current = {
      key,
      data: [runs.map((_, i) => i), ...series.map((one) => one.values)],
      make: (colours) => makeLines(colours, labels, unit, series.length),
    };
  }
  return html`<${Chart} make=${before.current.make} data=${before.current.data} height=${180} label=${label} />`;
}
