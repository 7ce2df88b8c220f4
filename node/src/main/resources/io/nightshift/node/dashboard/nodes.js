// The nodes of the cluster.
import {html, useEffect, useState} from './preact.js';
import {number, plural} from './format.js';
import {get} from './server.js';
import {Icon, Loaded, Notice, State, Time} from './parts.js';

const INTERVAL = 4000;

export function NodesPage() {
  const [state, setState] = useState({});
  useEffect(() => {
    document.title = 'Nodes · Nightshift';
    let isOver = false;
    let timer;
    const load = async () => {
      if (!document.hidden) {
        try {
          const value = await get('v1/nodes');
          if (!isOver) setState({value});
        } catch (refusal) {
          if (!isOver) setState((before) => (before.value ? before : {problem: refusal.message}));
        }
      }
      if (!isOver) timer = setTimeout(load, INTERVAL);
    };
    load();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  return html`<main id="main" tabindex="-1"><${Loaded} of=${state}>${({nodes}) => {
    const threads = nodes.reduce((sum, node) => sum + (node.work?.threads ?? 0), 0);
    const busy = nodes.reduce((sum, node) => sum + (node.work?.busy ?? 0), 0);
    const silent = nodes.filter((node) => !node.work).length;
    return html`<div class="title"><div><h1>${plural(nodes.length, 'node')}</h1><p class="muted">${number(busy)} of ${plural(threads, 'scoring thread')} busy${silent > 0 && `, ${plural(silent, 'node')} without an answer`}</p></div></div>
      <ul class="cards">${nodes.map((node) => html`<${Node} key=${node.node} node=${node} />`)}</ul>`;
  }}</${Loaded}></main>`;
}

function Node({node}) {
  const work = node.work;
  const threads = work?.threads ?? 0;
  return html`<li class="card"><header><h2>${node.node}</h2><${State} state=${node.state} /></header>
    <dl class="pairs"><dt>Roles</dt><dd>${node.roles.join(', ')}</dd><dt>Version</dt><dd>${node.version}</dd>
      ${work && threads > 0 && html`<dt>Partitions</dt><dd>at most ${number(work.slots)} leased at a time</dd>`}</dl>
    ${!work && html`<${Notice} kind="warn">The node does not answer, so its work is not known.</${Notice}>`}
    ${work && threads > 0 && html`<p class="threads-label">${number(work.busy)} of ${plural(threads, 'thread')} busy</p>
      ${threads <= 128 && html`<div class="threads" aria-hidden="true">${Array.from({length: threads}, (_, i) => html`<i key=${i} class=${i < work.busy ? 'busy' : ''}></i>`)}</div>`}`}
    ${work && threads === 0 && html`<p class="muted">It coordinates, and scores nothing.</p>`}
    ${node.faults.map((fault) => html`<${Notice} key=${fault.resource + fault.name}><strong>${fault.all_work ? 'Takes no work' : 'Takes no work of some batches'}</strong>: ${fault.reason}
      <small class="muted block">since <${Time} at=${fault.since} />; next try ${fault.next_try ? html`<${Time} at=${fault.next_try} withAge />` : 'with its next partition'}</small></${Notice}>`)}
    ${work && node.faults.length === 0 && html`<p class="state good"><${Icon} name="check" />Nothing keeps it from work.</p>`}</li>`;
}
