// The nodes of the cluster.
import {html, useEffect, useState} from './preact.js';
import {bytes, duration, number, plural} from './format.js';
import {get} from './server.js';
import {Icon, Loaded, Notice, Parameters, Progress, State, Time, batchLink} from './parts.js';

const INTERVAL = 4000;

export function NodesPage({rows}) {
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
          if (!isOver) setState((before) => ({value: before.value, problem: refusal.message}));
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
  return html`<main id="main" tabindex="-1"><${Loaded} of=${state} heading="Nodes">${({nodes}) => {
    const threads = nodes.reduce((sum, node) => sum + (node.work?.threads ?? 0), 0);
    const busy = nodes.reduce((sum, node) => sum + (node.work?.busy ?? 0), 0);
    const silent = nodes.filter((node) => !node.work).length;
    return html`<div class="title"><div><h1>${plural(nodes.length, 'node')}</h1><p class="muted">${number(busy)} of ${plural(threads, 'scoring thread')} busy${silent > 0 && `, ${plural(silent, 'node')} without an answer`}</p></div></div>
      <ul class="cards">${nodes.map((node) => html`<${Node} key=${node.node} node=${node} rows=${rows} />`)}</ul>`;
  }}</${Loaded}></main>`;
}

/** @param row what the page knows of the batch, or nothing */
function Scoring({of, row}) {
  return html`<li><a href=${batchLink(of.batch)}>${row?.job ?? of.batch}</a> <${Parameters} of=${row?.parameters} />
    <span class="muted">${plural(of.partitions, 'partition')}, ${plural(of.rows, 'row')} so far, for ${duration(Math.max(0, (Date.now() - new Date(of.since)) / 1000))}</span></li>`;
}

const NEARLY_FULL = 0.9;

function Gauge({label, used, total, text, detail, name}) {
  const isTight = total > 0 && used / total > NEARLY_FULL;
  return html`<div class="meter"><p class="gauge"><span>${label}</span> <span class=${isTight ? 'warn-text' : ''}>${text}</span></p>
    <${Progress} value=${used} max=${total} label=${name} state=${isTight ? 'held' : 'none'} /><small class="muted">${detail}</small></div>`;
}

// With hundreds of nodes, a browser draws one square per thread slowly.
const MOST_SQUARES = 32;

function Threads({busy, threads, name}) {
  if (threads > MOST_SQUARES) return html`<${Progress} value=${busy} max=${threads} label=${`Busy threads of ${name}`} />`;
  return html`<div class="threads" aria-hidden="true">${Array.from({length: threads}, (_, i) => html`<i key=${i} class=${i < busy ? 'busy' : ''}></i>`)}</div>`;
}

function Node({node, rows}) {
  const work = node.work;
  const threads = work?.threads ?? 0;
  return html`<li class="card"><header><h2>${node.node}</h2><${State} state=${node.state} /></header>
    <dl class="pairs"><dt>Roles</dt><dd>${node.roles.join(', ')}</dd><dt>Version</dt><dd>${node.version}</dd>
      ${work && threads > 0 && html`<dt>Partitions</dt><dd>at most ${number(work.slots)} leased at a time</dd>`}</dl>
    ${!work && html`<${Notice} kind="warn">The node does not answer, so its work is not known.</${Notice}>`}
    ${work && threads > 0 && html`<p class="threads-label">${number(work.busy)} of ${plural(threads, 'thread')} busy</p>
      <${Threads} busy=${work.busy} threads=${threads} name=${node.node} />`}
    ${work?.stuck > 0 && html`<${Notice} kind="warn">${plural(work.stuck, 'thread hangs', 'threads hang')} in a read or a write. Check the file systems of the node.</${Notice}>`}
    ${work?.scoring.length > 0 && html`<div><h3>Scoring now</h3><ul class="work">${work.scoring.map((of) => html`<${Scoring} key=${of.batch} of=${of} row=${rows.get(of.batch)} />`)}</ul></div>`}
    ${work?.memory && html`<${Gauge} label="Memory" used=${work.memory.process || work.memory.heap} total=${work.memory.total} name=${`Memory of ${node.node}`}
      text=${`${work.memory.process ? bytes(work.memory.process) : 'not known'} of ${bytes(work.memory.total)}`}
      detail=${`Java heap: ${bytes(work.memory.heap)} of at most ${bytes(work.memory.most_heap)}`} />`}
    ${work?.scratch && html`<${Gauge} label="Scratch space" used=${work.scratch.total - work.scratch.free} total=${work.scratch.total} name=${`Disk of the scratch folder of ${node.node}`}
      text=${`${bytes(work.scratch.free)} free of ${bytes(work.scratch.total)}`} detail=${`${work.scratch.folder}: ${bytes(work.scratch.used)}`} />`}
    ${work && threads === 0 && html`<p class="muted">It coordinates, and scores nothing.</p>`}
    ${node.faults.map((fault) => html`<${Notice} key=${fault.resource + fault.name}><strong>${fault.all_work ? 'Takes no work' : 'Takes no work of some batches'}</strong>: ${fault.reason}
      <small class="muted block">since <${Time} at=${fault.since} />; next try ${fault.next_try ? html`<${Time} at=${fault.next_try} withAge />` : 'with its next partition'}</small></${Notice}>`)}
    ${work && node.faults.length === 0 && html`<p class="state good"><${Icon} name="check" />Nothing keeps it from work.</p>`}</li>`;
}
