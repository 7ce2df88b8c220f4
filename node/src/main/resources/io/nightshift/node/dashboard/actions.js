// What people can do, with a sentence that says what it will do. The node decides whether it is allowed.
import {html, useEffect, useRef, useState} from './preact.js';
import {post, segment} from './server.js';

const RANKS = {read: 0, models: 0, submit: 1, admin: 2};

export const covers = (session, role) => RANKS[session.role] >= RANKS[role];

/** A button that asks for confirmation before it does something. */
export function Action({session, action, onDone}) {
  const [isOpen, setOpen] = useState(false);
  const allowed = covers(session, action.role);
  return html`<button type="button" class="${action.kind ?? ''}" aria-disabled=${!allowed}
      title=${allowed ? action.does : `Your token has the role ${session.role}. This needs the role ${action.role}.`}
      onClick=${() => allowed && setOpen(true)}>${action.label}</button>
    ${isOpen && html`<${Confirmation} action=${action} onClose=${() => setOpen(false)} onDone=${onDone} />`}`;
}

let dialogs = 0;

/** A dialog: the browser keeps the focus in it, and gives it back afterwards. */
export function Dialog({title, onClose, children}) {
  const dialog = useRef();
  const [id] = useState(() => `dialog-${++dialogs}`);
  useEffect(() => {
    dialog.current.showModal();
    const before = dialog.current;
    return () => before.close();
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby=${id} onClose=${onClose}><h2 id=${id}>${title}</h2>${children}</dialog>`;
}

function Confirmation({action, onClose, onDone}) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const result = await action.run(reason);
      onDone?.(action.done ?? `${action.label}: done.`, result);
      onClose();
    } catch (refusal) {
      setProblem(refusal.message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${action.title} onClose=${onClose}>
    <form onSubmit=${submit}>
      <p>${action.does}</p>
      ${action.reason && html`<label>${action.reason}<input type="text" maxlength="1000" value=${reason} onInput=${(event) => setReason(event.target.value)} autocomplete="off" /></label>`}
      ${problem && html`<p class="bad-text" role="alert">${problem}</p>`}
      <p class="buttons"><button type="submit" class="${action.kind === 'danger' ? 'danger' : 'primary'}" disabled=${isBusy}>${action.label}</button>
        <button type="button" onClick=${onClose}>Leave it</button></p>
    </form>
  </${Dialog}>`;
}

/** What can be done with a batch in its state. */
export function batchActions(batch, state) {
  const control = (verb, body) => (reason) => post(`v1/batches/${segment(batch)}/${verb}`, body?.(reason) ?? {});
  const because = (reason) => ({reason});
  const actions = [];
  const is = (...states) => states.includes(state);
  if (is('failed')) {
    actions.push({
      label: 'Retry', kind: 'primary', role: 'admin', title: 'Retry the batch?',
      does: 'The batch continues with the partitions that are not committed. Nothing that is committed is scored again. Fix the cause of the failure first.',
      done: 'The batch is retried.', run: control('retry'),
    });
  }
  if (is('held')) {
    actions.push({
      label: 'Approve', kind: 'primary', role: 'admin', title: 'Publish the batch in spite of its checks?',
      does: 'The batch is published as it is, although a check has failed. Readers see its predictions. This can’t be undone.',
      reason: 'Why it is right (kept in the ledger)', done: 'The batch is approved.', run: control('approve', because),
    });
  }
  if (is('paused')) {
    actions.push({
      label: 'Resume', kind: 'primary', role: 'admin', title: 'Resume the batch?',
      does: 'Workers score partitions of this batch again.', done: 'The batch is resumed.', run: control('resume'),
    });
  }
  if (is('submitted', 'running')) {
    actions.push({
      label: 'Pause', role: 'admin', title: 'Pause the batch?',
      does: 'No more partitions are started. Partitions that are being scored finish and are committed, so no work is lost.',
      reason: 'Why (kept in the ledger)', done: 'The batch is paused.', run: control('pause', because),
    });
  }
  if (is('submitted', 'running', 'paused', 'publishing', 'held', 'failed')) {
    actions.push({
      label: 'Cancel', kind: 'danger', role: 'admin', title: 'Cancel the batch for good?',
      does: 'The output that is staged is deleted. A cancelled batch can’t be resumed; the next run of the job starts another batch.',
      reason: 'Why (kept in the ledger)', done: 'The batch is cancelled.', run: control('cancel', because),
    });
  }
  return actions;
}

export const ignoreWindow = (batch) => ({
  label: 'Ignore the window', role: 'admin', title: 'Score outside the window?',
  does: 'The batch scores at any time until it ends. Its priority stays as it is.', done: 'The batch ignores its window.',
  run: () => post(`v1/batches/${segment(batch)}/ignore-window`),
});

/** What can be done with an applied job. */
export function jobActions(job) {
  const path = `v1/jobs/${segment(job.job)}`;
  const pause = job.pause
    ? {
        label: 'Resume schedule', role: 'admin', title: 'Resume the schedule?',
        does: 'The job runs by itself again. Ticks that have passed are caught up on as the job file says.',
        done: 'The job is resumed.', run: () => post(`${path}/resume`),
      }
    : {
        label: 'Pause schedule', role: 'admin', title: 'Pause the schedule?',
        does: 'The job starts no runs by itself until it is resumed. Batches that are open continue.',
        reason: 'Why (shown to others)', done: 'The job is paused.', run: (reason) => post(`${path}/pause`, {reason}),
      };
  return [pause];
}
