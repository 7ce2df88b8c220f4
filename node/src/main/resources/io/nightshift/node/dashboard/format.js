// Numbers and times for people. Times are in the viewer's time zone.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The viewer's time zone, such as Europe/Berlin. */
export const viewerZone = zone;

const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', {notation: 'compact', maximumSignificantDigits: 3});

export const number = (value) => whole.format(Math.round(value));

/** A number in few characters: 1.23M. */
export const short = (value) => compact.format(value);

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A share from 0 to 1. Never rounded to all or nothing. */
export function percent(share) {
  if (share > 0 && share < 0.0001) return '< 0.01 %';
  if (share > 0.999 && share < 1) return '> 99.9 %';
  const digits = share >= 0.1 || share === 0 ? (share === 0 || share === 1 ? 0 : 1) : 2;
  return `${(share * 100).toFixed(digits)} %`;
}

/** A time span, in seconds: 1 h 04 min. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

const formats = new Map();

function format(options, timeZone) {
  const key = JSON.stringify(options) + timeZone;
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat('en-GB', {...options, timeZone}));
  }
  return formats.get(key);
}

const CLOCK = {hour: '2-digit', minute: '2-digit'};
const FULL = {weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'};
const DAY = {weekday: 'long', day: 'numeric', month: 'long'};
const PRECISE = {...FULL, year: 'numeric', second: '2-digit', timeZoneName: 'short'};
const STAMP = {hour: '2-digit', minute: '2-digit', second: '2-digit'};
const SHORT_DAY = {day: 'numeric', month: 'short'};

const isToday = (at) => format(DAY, zone).format(at) === format(DAY, zone).format(new Date());

/** The time of day; with the day unless it is today. */
export function time(instant) {
  const at = new Date(instant);
  return format(isToday(at) ? CLOCK : FULL, zone).format(at);
}

/** The time of day with seconds; with the day unless it is today. */
export function exact(instant) {
  const at = new Date(instant);
  return isToday(at) ? clock(at) : format({...FULL, second: '2-digit'}, zone).format(at);
}

export const clock = (instant) => format(STAMP, zone).format(new Date(instant));
export const day = (instant) => format(DAY, zone).format(new Date(instant));
export const shortDay = (instant) => format(SHORT_DAY, zone).format(new Date(instant));

/** A time in full, in the viewer's zone, and in that of the job if it is another one. */
export function precise(instant, jobZone) {
  const at = new Date(instant);
  const here = format(PRECISE, zone).format(at);
  const differs = jobZone && format(PRECISE, jobZone).format(at) !== here;
  return differs ? `${here}; for the job ${format(PRECISE, jobZone).format(at)}` : here;
}

/** The time of day in the job's zone if it differs from the viewer's, or null. */
export function inZone(instant, jobZone) {
  if (!jobZone) return null;
  const at = new Date(instant);
  const there = format(CLOCK, jobZone).format(at);
  return there === format(CLOCK, zone).format(at) ? null : `${there} ${jobZone}`;
}

/** How long ago or ahead: 4 min ago, in 2 h. */
export function relative(instant, now = Date.now()) {
  const seconds = (new Date(instant) - now) / 1000;
  const size = Math.abs(seconds);
  const text = size < 60
    ? `${Math.round(size)} s`
    : size < 5400 ? `${Math.round(size / 60)} min` : size < 172_800 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86_400)} d`;
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

export const plural = (count, one, many = one + 's') => `${number(count)} ${count === 1 ? one : many}`;

/** The name of a model version; of an unnamed file in few characters. */
export const modelName = (model) => model.replace(/\.sha256-([0-9a-f]{8})[0-9a-f]*@\d+$/, ' (file $1)');

const PLAIN = /^[A-Za-z_/][\w ./@-]*$/;
const RESERVED = /^(true|false|null|yes|no|on|off|y|n|~)$/i;

function scalar(value) {
  return typeof value === 'string' && (!PLAIN.test(value) || RESERVED.test(value) || value.endsWith(' ')) ? JSON.stringify(value) : String(value);
}

const isNested = (value) => value !== null && typeof value === 'object' && Object.keys(value).length > 0;

/** A value as YAML, which is easier to read than JSON. */
export function yaml(value, indent = '') {
  if (Array.isArray(value)) {
    return value.map((item) => (isNested(item) ? `${indent}- ${yaml(item, `${indent}  `).trimStart()}` : `${indent}- ${scalar(item)}`)).join('\n');
  }
  return Object.entries(value)
    .map(([key, item]) => `${indent}${scalar(key)}:${isNested(item) ? `\n${yaml(item, `${indent}  `)}` : ` ${typeof item === 'object' ? JSON.stringify(item) : scalar(item)}`}`)
    .join('\n');
}
