// What people can do, with a sentence that says what it will do. The node decides whether it is allowed.
import {html, useEffect, useRef, useState} from './preact.js';
import {post, segment} from './server.js';

/** Whether the session's token permits what needs a role. */
export const covers = (session, role) => session.role === 'admin' || session.role === role || role === 'read';

/** A button that opens a dialog, if the session's token permits what it is for. */
export function Opener({label, kind = '', role, session, does, children}) {
  const [isOpen, setOpen] = useState(false);
  const allowed = covers(session, role);
  return html`<button type="button" class=${kind} aria-disabled=${!allowed}
      title=${allowed ? does : `Your token has the role ${session.role}. This needs the role ${role}.`}
      onClick=${() => allowed && setOpen(true)}>${label}</button>
    ${isOpen && children(() => setOpen(false))}`;
}

/** A button that asks for confirmation before it does something. */
export function Action({session, action, onDone}) {
  return html`<${Opener} label=${action.label} kind=${action.kind} role=${action.role} session=${session} does=${action.does}>${(close) =>
    html`<${Confirmation} action=${action} onClose=${close} onDone=${onDone} />`}</${Opener}>`;
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

const REASON = {name: 'reason', label: 'Why (kept in the ledger)', most: 1000};

function Field({field, value, onInput}) {
  const shared = {maxlength: field.most, value, onInput: (event) => onInput(event.target.value), autocomplete: 'off', spellcheck: false, required: field.required};
  return html`<label>${field.label}${field.lines ? html`<textarea rows=${field.lines} ...${shared}></textarea>` : html`<input type="text" ...${shared} />`}</label>`;
}

function Confirmation({action, onClose, onDone}) {
  const fields = action.fields ?? [];
  const [values, setValues] = useState(() => Object.fromEntries(fields.map((field) => [field.name, field.value ?? ''])));
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const result = await action.run(values);
      onDone?.(typeof action.done === 'function' ? action.done(result) : action.done, result);
      onClose();
    } catch (refusal) {
      setProblem(refusal.message);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${action.title} onClose=${onClose}>
    <form onSubmit=${submit}>
      <p>${action.says?.(values) ?? action.does}</p>
      ${fields.map((field) => html`<${Field} key=${field.name} field=${field} value=${values[field.name]} onInput=${(value) => setValues({...values, [field.name]: value})} />`)}
      ${problem && html`<p class="bad-text" role="alert">${problem}</p>`}
      <p class="buttons"><button type="submit" class="${action.kind === 'danger' ? 'danger' : 'primary'}" disabled=${isBusy}>${action.verb ?? action.label}</button>
        <button type="button" onClick=${onClose}>Leave it</button></p>
    </form>
  </${Dialog}>`;
}

/**
 * What can be done with a batch in its state.
 *
 * @param name of the batch in the questions, such as its job and its parameters
 */
export function batchActions({batch, state, retryable}, name) {
  const control = (verb) => (values) => post(`v1/batches/${segment(batch)}/${verb}`, values);
  const actions = [];
  const is = (...states) => states.includes(state);
  if (is('failed')) {
    actions.push({
      label: 'Retry', kind: retryable ? 'primary' : '', role: 'admin', title: `Retry ${name}?`,
      does: `The batch continues with the partitions that are not committed. Nothing that is committed is scored again. ${retryable ? 'Fix the cause of the failure first.' : 'The cause of the failure does not go away by itself: without a change, the retry fails again.'}`,
      done: 'The batch is retried.', run: control('retry'),
    });
  }
  if (is('held')) {
    actions.push({
      label: 'Approve', kind: 'primary', role: 'admin', title: `Publish ${name} in spite of its checks?`,
      does: 'The batch is published as it is, although a check has failed. Readers see its predictions. This can’t be undone.',
      fields: [{...REASON, label: 'Why it is right (kept in the ledger)'}], done: 'The batch is approved.', run: control('approve'),
    });
  }
  if (is('paused')) {
    actions.push({
      label: 'Resume', kind: 'primary', role: 'admin', title: `Resume ${name}?`,
      does: 'Workers score partitions of this batch again.', done: 'The batch is resumed.', run: control('resume'),
    });
  }
  if (is('submitted', 'running')) {
    actions.push({
      label: 'Pause', role: 'admin', title: `Pause ${name}?`,
      does: 'No more partitions are started. Partitions that are being scored finish and are committed, so no work is lost.',
      fields: [REASON], done: 'The batch is paused.', run: control('pause'),
    });
  }
  if (is('submitted', 'running', 'paused', 'publishing', 'held', 'failed')) {
    actions.push({
      label: 'Cancel', kind: 'danger', role: 'admin', title: `Cancel ${name} for good?`,
      does: 'The output that is staged is deleted. A cancelled batch can’t be resumed; the next run of the job starts another batch.',
      fields: [REASON], done: 'The batch is cancelled.', run: control('cancel'),
    });
  }
  return actions;
}

export const ignoreWindow = (batch) => ({
  label: 'Ignore the window', role: 'admin', title: 'Score outside the window?',
  does: 'The batch scores at any time until it ends. Its priority stays as it is.', done: 'The batch ignores its window.',
  run: () => post(`v1/batches/${segment(batch)}/ignore-window`),
});

/** Scores the quarantined rows of a published batch again. */
export const redrive = (batch) => ({
  label: 'Redrive…', verb: 'Redrive', role: 'admin', title: 'Score the quarantined rows again?',
  does: 'The quarantined rows are scored again. Rows that get a prediction are added to the published batch in one step, and leave the quarantine. Predictions that are published stay as they are.',
  fields: [
    {name: 'where', label: 'Only rows that meet this SQL condition; without one, all', most: 10_000},
    {name: 'job', label: 'A corrected job file; without one, that of the batch', lines: 6},
    REASON,
  ],
  done: 'The redrive has begun.',
  run: ({where, job, reason}) => post(`v1/batches/${segment(batch)}/redrive`, {where: where.trim() || null, job: job.trim() ? job : null, reason}),
});

/** Moves an alias of a model to a version. */
export const promote = (model, version) => {
  const from = (alias) => model.aliases[alias];
  return {
    label: 'Promote…', verb: 'Promote', role: 'models', title: `Promote ${model.model}@${version}?`,
    does: `An alias of ${model.model} moves to version ${version}.`,
    says: ({alias}) => `${model.model}@${alias} ${from(alias) === undefined ? `is set to version ${version}` : from(alias) === version ? `is version ${version} already, so nothing changes` : `moves from version ${from(alias)} to version ${version}`}. Batches that are submitted from then on and name the alias use it. Open batches keep their version.`,
    fields: [{name: 'alias', label: 'Alias', value: 'champion', most: 63, required: true}, {...REASON, label: 'Why (kept in the history)'}],
    done: (change) => (change.moved ? `${change.model}@${change.alias} is version ${change.to} now.` : `${change.model}@${change.alias} was version ${change.to} already.`),
    // Refused if somebody else has moved the alias since this page was loaded.
    run: ({alias, reason}) => post(`v1/models/${segment(model.model)}/promote`, {version: String(version), alias, expected: from(alias) ?? 0, reason}),
  };
};

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
        fields: [{...REASON, label: 'Why (shown to others)'}], done: 'The job is paused.', run: (values) => post(`${path}/pause`, values),
      };
  return [pause];
}
