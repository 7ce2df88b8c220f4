// Requests to the node, and streams of events from it. All addresses are relative to the page, so that it works below
// a path of a proxy.

/** An answer of the node that is no success: `status` and a sentence for people. */
export class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

// The node answers within half a minute, so silence means that the connection is cut.
const PATIENCE = 60_000;

let whenSignedOut = () => {};

/** @param action called with the node's sentence when the session has ended */
export function onSignedOut(action) {
  whenSignedOut = action;
}

/** Asks the node, and returns the JSON of the answer, or null for an empty one. */
export async function ask(path, {method = 'GET', body, headers = {}, patience = PATIENCE} = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? headers : {'Content-Type': 'application/json', ...headers},
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    throw new Refusal(0, 'The node does not answer. Check that it runs, and try again.');
  }
  let json = null;
  try {
    const text = await answer.text();
    json = text ? JSON.parse(text) : null;
  } catch {
    throw new Refusal(answer.status, `The answer of the node can't be read (status ${answer.status}).`);
  }
  if (!answer.ok) {
    if (answer.status === 401) {
      whenSignedOut(json?.detail ?? '');
    }
    throw new Refusal(answer.status, json?.detail ?? `The node answered with status ${answer.status}.`);
  }
  return json;
}

export const get = (path) => ask(path);
export const post = (path, body = {}) => ask(path, {method: 'POST', body});
export const segment = encodeURIComponent;

const connections = new Set();
const listeners = new Set();

function tell() {
  const lost = isConnectionLost();
  listeners.forEach((listener) => listener(lost));
}

/** Whether the page shows what was known before. */
export function isConnectionLost() {
  return [...connections].some((connection) => connection.isLost);
}

/** Calls a listener with whether the connection is lost, whenever that changes. Returns a function that ends it. */
export function onConnection(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The node sends something every four seconds, so silence means that the connection is cut.
const SILENCE = 11_000;
const LONGEST_WAIT = 5_000;
const SHORT_PATIENCE = 2_000;
// A browser opens six connections to a node, for all its tabs together.
const UNSEEN = 3_000;

/**
 * Listens to a stream of events until the returned function is called. A lost connection is opened again, and the node
 * then sends everything from the start. A page that nobody sees gives its connection back.
 *
 * @param handlers by the name of the event; each is called with its data
 */
export function watch(path, handlers) {
  const connection = {isLost: false};
  connections.add(connection);
  let source, watchdog, retry, pause;
  let wait = 500;
  let isOver = false;
  let isPaused = false;

  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(silent, SILENCE);
    wait = 500;
    if (connection.isLost) {
      connection.isLost = false;
      tell();
    }
  };

  function tellLost() {
    if (!connection.isLost && !isOver) {
      connection.isLost = true;
      tell();
    }
  }

  function silent() {
    tellLost();
    lost();
  }

  async function lost() {
    source?.close();
    clearTimeout(watchdog);
    if (isOver) {
      return;
    }
    retry = setTimeout(open, wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
    // The browser does not say why: the session may have ended, or the batch may be unknown.
    try {
      await ask('session', {patience: SHORT_PATIENCE});
    } catch (refusal) {
      if (refusal.status === 401) {
        stop();
        return;
      }
    }
    tellLost();
  }

  function open() {
    source = new EventSource(path);
    source.onerror = lost;
    for (const name of ['tick', ...Object.keys(handlers)]) {
      source.addEventListener(name, (event) => {
        heard();
        handlers[name]?.(JSON.parse(event.data));
      });
    }
    clearTimeout(watchdog);
    watchdog = setTimeout(silent, SILENCE);
  }

  function close() {
    source?.close();
    clearTimeout(watchdog);
    clearTimeout(retry);
    clearTimeout(pause);
  }

  function hide() {
    isPaused = true;
    close();
  }

  function look() {
    clearTimeout(pause);
    if (document.hidden) {
      pause = setTimeout(hide, UNSEEN);
    } else if (isPaused) {
      isPaused = false;
      open();
    }
  }

  function stop() {
    isOver = true;
    close();
    document.removeEventListener('visibilitychange', look);
    window.removeEventListener('pageshow', look);
    window.removeEventListener('pagehide', hide);
    connections.delete(connection);
    tell();
  }

  document.addEventListener('visibilitychange', look);
  window.addEventListener('pageshow', look);
  window.addEventListener('pagehide', hide);
  open();
  look();
  return stop;
}
