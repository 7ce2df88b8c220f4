// The frame: signing in, navigation, the connection, and the page that the address names.
import {html, render, useEffect, useLayoutEffect, useRef, useState} from './preact.js';
import {ask, get, onConnection, onSignedOut, watch} from './server.js';
import {Icon, Notice} from './parts.js';
import {TonightPage} from './tonight.js';
import {BatchPage} from './batch.js';
import {JobPage} from './job.js';
import {NodesPage} from './nodes.js';
import {ModelsPage} from './models.js';

const SIGN_IN = '#/sign-in/';

function address() {
  const parts = location.hash.replace(/^#\/?/, '').split('/').map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return {page: parts[0] || 'tonight', name: parts[1] ?? ''};
}

/** The code of an address that `nightshift ui` has opened. The address keeps no trace of it. */
function takeCode() {
  if (!location.hash.startsWith(SIGN_IN)) return null;
  const code = location.hash.slice(SIGN_IN.length);
  history.replaceState(null, '', location.pathname + location.search + '#/');
  return code;
}

const signIn = (credential) => ask('session', {method: 'POST', body: {}, headers: {Authorization: credential}});

function App() {
  const [session, setSession] = useState(undefined);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    onSignedOut((detail) => setSession((before) => {
      if (before) setProblem(`The session has ended. ${detail}`);
      return null;
    }));
    const start = async () => {
      const code = takeCode();
      try {
        setSession(code ? await signIn(`Code ${code}`) : await get('session'));
      } catch (refusal) {
        if (code || refusal.status !== 401) setProblem(refusal.message);
        setSession(null);
      }
    };
    start();
    // Another code may come while the page is open.
    const changed = () => location.hash.startsWith(SIGN_IN) && start();
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  if (session === undefined) return html`<p class="muted loading first">Loading…</p>`;
  if (session === null) return html`<${SignIn} problem=${problem} onDone=${(now) => {
    setProblem(null);
    setSession(now);
  }} />`;
  return html`<${Frame} session=${session} onSignOut=${() => setSession(null)} />`;
}

function SignIn({problem, onDone}) {
  const [token, setToken] = useState('');
  const [refusal, setRefusal] = useState(problem);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Nightshift';
  }, []);
  useEffect(() => setRefusal(problem), [problem]);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      onDone(await signIn(`Bearer ${token.trim()}`));
    } catch (refused) {
      setRefusal(refused.message);
      setBusy(false);
    }
  };
  return html`<main class="sign-in" id="main"><img src="ui/favicon.svg" alt="" width="48" height="48" /><h1>Nightshift</h1>
    ${refusal && html`<${Notice}>${refusal}</${Notice}>`}
    <form onSubmit=${submit}><label>Token<input type="password" autocomplete="current-password" required value=${token} onInput=${(event) => setToken(event.target.value)} /></label>
      <p class="buttons"><button type="submit" class="primary" disabled=${isBusy}>Sign in</button></p></form>
    <p class="muted">Or run <code>nightshift ui</code>, which opens this page already signed in.</p></main>`;
}

const PAGES = [['tonight', '#/', 'Tonight'], ['nodes', '#/nodes', 'Nodes'], ['models', '#/models', 'Models']];
const TELLING = 6000;
/** The milliseconds between two questions whether the token is still valid. */
const VALIDITY = 5000;

function Frame({session, onSignOut}) {
  const [route, setRoute] = useState(address);
  const [isLost, setLost] = useState(false);
  const [wasLost, setWasLost] = useState(false);
  const [trouble, setTrouble] = useState(null);
  const [told, setTold] = useState('');
  const [live, setLive] = useState({isThere: false, head: null, rows: new Map()});
  const timer = useRef();
  const isFirst = useRef(true);
  const tell = (text) => {
    clearTimeout(timer.current);
    setTold(text);
    timer.current = setTimeout(() => setTold(''), TELLING);
  };
  // An effect would begin to listen only after the page is painted, and miss a link that is followed before.
  useLayoutEffect(() => {
    const changed = () => setRoute(address());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(() => onConnection((lost) => {
    setLost((before) => {
      if (before && !lost) {
        setWasLost(true);
        setTimeout(() => setWasLost(false), TELLING);
      }
      return lost;
    });
  }), []);
  useEffect(() => watch('dashboard/watch', {
    head: (head) => setLive((before) => ({...before, head})),
    rows: (news) => {
      setTrouble(null);
      setLive((before) => {
        const rows = new Map(news.all ? [] : before.rows);
        news.rows.forEach((row) => rows.set(row.key, row));
        news.gone.forEach((key) => rows.delete(key));
        return {...before, isThere: true, rows};
      });
    },
    trouble: (now) => setTrouble(now.detail),
  }), []);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || get('session').catch(() => {}), VALIDITY);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    // A new page begins at its top, for the eyes and for screen readers.
    if (!isFirst.current) {
      scrollTo(0, 0);
      document.getElementById('main')?.focus({preventScroll: true});
    }
    isFirst.current = false;
  }, [route.page, route.name]);
  const signOut = async () => {
    try {
      await ask('session', {method: 'DELETE'});
    } catch {
      // The session has ended in any case when the node refuses it.
    }
    onSignOut();
  };
  const shared = {session, tell, live: live.isThere, head: live.head, rows: live.rows};
  const page = {
    tonight: () => html`<${TonightPage} ...${shared} />`,
    batches: () => html`<${BatchPage} key=${route.name} ...${shared} name=${route.name} />`,
    jobs: () => html`<${JobPage} key=${route.name} ...${shared} name=${route.name} />`,
    nodes: () => html`<${NodesPage} rows=${live.rows} />`,
    models: () => html`<${ModelsPage} session=${session} tell=${tell} rows=${live.rows} />`,
  }[route.page];
  return html`<a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.getElementById('main')?.focus();
    }}>To the content</a>
    <header class="top"><a class="brand" href="#/"><img src="ui/favicon.svg" alt="" width="22" height="22" />Nightshift</a>
      <nav aria-label="Pages">${PAGES.map(([name, href, title]) => html`<a key=${name} href=${href} aria-current=${route.page === name ? 'page' : undefined}>${title}</a>`)}</nav>
      <span class="spacer"></span>
      <span class="connection ${isLost ? 'lost' : ''}" title=${`Node ${session.node}${session.version ? `, version ${session.version}` : ''}`}><i></i>${isLost ? 'No connection' : 'Live'}</span>
      <${Theme} />
      <span class="user"><span class="name" title=${`Role ${session.role}`}>${session.name}</span><button type="button" class="quiet" onClick=${signOut}>Sign out</button></span></header>
    <div aria-live="polite" class="messages">${isLost && html`<p class="message lost"><${Icon} name="gap" />The connection to the node is lost. The page shows what was known before, and connects again by itself.</p>`}
      ${!isLost && wasLost && html`<p class="message back"><${Icon} name="check" />Connected again.</p>`}
      ${!isLost && trouble && html`<p class="message lost"><${Icon} name="hand" />${trouble}</p>`}
      ${told && html`<p class="message told"><${Icon} name="check" />${told}</p>`}</div>
    ${page ? page() : html`<main id="main" tabindex="-1"><h1>There is no such page</h1><p><a href="#/">Tonight</a></p></main>`}`;
}

const THEMES = {auto: ['half', 'as the system'], light: ['sun', 'light'], dark: ['moon', 'dark']};

function apply(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function stored() {
  try {
    return localStorage.getItem('nightshift-theme') ?? 'auto';
  } catch {
    return 'auto';
  }
}

function Theme() {
  const [theme, setTheme] = useState(() => (stored() in THEMES ? stored() : 'auto'));
  const next = () => {
    const names = Object.keys(THEMES);
    const following = names[(names.indexOf(theme) + 1) % names.length];
    try {
      localStorage.setItem('nightshift-theme', following);
    } catch {
      // The choice lasts as long as the page.
    }
    apply(following);
    setTheme(following);
    dispatchEvent(new Event('nightshift-theme'));
  };
  const [icon, word] = THEMES[theme];
  return html`<button type="button" class="quiet theme" onClick=${next} aria-label=${`Colours: ${word}`} title=${`Colours: ${word}`}><${Icon} name=${icon} /></button>`;
}

apply(stored());
render(html`<${App} />`, document.getElementById('app'));
