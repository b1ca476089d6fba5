import type { Migration, Step, Task } from 'honk-client';
import { useEffect, useState } from 'react';
import { useHonk } from '../context';
import { useLoad, useNow } from '../data';
import { bytes, clock, count, duration, percent, plural, share } from '../format';
import { newKey } from '../key';
import { Actions } from '../parts/actions';
import { Card, Empty, Failure, Meter, Skeleton, StateBadge } from '../parts/basics';
import { Plot } from '../parts/plot';
import { taskState, type Tone } from '../states';
import { Ledger } from './ledger';
import { throttleText } from '../throttle';
import { LastThrottle } from './throttle';

const RATES_KEPT = 120; /* two minutes, at one a second */
const TASKS_SHOWN = 200;
const ROWS_MAY_MOVE: readonly string[] = ['approved', 'preflight', 'running', 'paused', 'halted'];

/** What is going on: each step with how far it is and how fast, its tasks on demand, and what was said. */
export function Run({ migration }: { migration: Migration }) {
  const isBack = migration.steps.some(step => step.phase === 'reverse');
  if (!migration.has_effects && migration.steps.every(step => step.status === 'blocked') && migration.started_at_ms === undefined)
    return <Empty title="It has not begun">{migration.next?.text ?? 'Once it is approved and started, its steps are followed here.'}</Empty>;
  const throttle = ROWS_MAY_MOVE.includes(migration.state) ? migration.throttle : undefined;
  const order = isBack ? [...migration.steps].reverse() : migration.steps;
  return (
    <div className="honk-run">
      <Card
        title={isBack ? 'The way back, newest step first' : 'Steps'}
        aside={migration.quarantine.rows > 0 ? <span className="honk-tone-waits">{plural(migration.quarantine.rows, 'row')} put aside</span> : undefined}
      >
        {throttle && (
          <div className="honk-throttle">
            <p>Throttled: {throttleText(throttle)}</p>
            <LastThrottle migration={migration} />
          </div>
        )}
        <ol className="honk-run-steps">
          {order.map(step => (
            <StepLine key={step.name} step={step} migration={migration} />
          ))}
        </ol>
      </Card>
      <Ledger migration={migration.id} title="Log" />
    </div>
  );
}

function toneOf(step: Step): Tone {
  if (step.phase === 'reverse' && step.status !== 'not_applied') return step.status === 'failed' ? 'bad' : 'back';
  return taskState(step.status).tone;
}

function StepLine({ step, migration }: { step: Step; migration: Migration }) {
  const now = useNow();
  const [isOpen, setOpen] = useState(step.status === 'failed');
  const { done, total, unit, rate, eta_ms, note, byte_rate, slowed } = step.progress;
  const runs = step.status === 'leased' || step.status === 'waiting' || step.status === 'retry_wait' || step.status === 'unknown';
  const took = step.started_at_ms !== undefined ? (step.ended_at_ms ?? (runs ? now : step.started_at_ms)) - step.started_at_ms : 0;
  const isBack = step.phase === 'reverse';
  const label = (status: string) => (isBack && status === 'leased' ? 'Taking back' : isBack && status === 'not_applied' ? 'Nothing to undo' : taskState(status).label);
  const rates = useRates(runs ? rate : undefined);
  return (
    <li className={`honk-run-step honk-tone-${toneOf(step)}`} data-status={step.status}>
      <button type="button" className="honk-run-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="honk-caret" aria-hidden="true" />
        <span className="honk-run-name">
          <strong>{step.name}</strong>
          <span className="honk-dim">{isBack ? step.reverse_text : step.text}</span>
        </span>
        <span className="honk-run-figures">
          {total > 0 && (runs || done > 0) && (
            <span>
              {count(done)}
              {done < total && <span className="honk-dim"> of {count(total)}</span>} {unit}
            </span>
          )}
          {runs && rate > 0 && <span>{count(rate)}/s</span>}
          {runs && byte_rate !== undefined && <span>{bytes(byte_rate)}/s</span>}
          {runs && eta_ms !== undefined && <span>{duration(eta_ms)} left</span>}
          {runs && rates.length > 3 && <Plot values={rates} label={`rate of ${step.name}`} width={72} height={20} />}
          {took > 0 && !isBack && <span className="honk-dim">{duration(took)}</span>}
        </span>
        <StateBadge state={step.status} shown={status => ({ tone: toneOf(step), label: label(status) })} />
      </button>
      {total > 0 && runs && <Meter done={done} total={total} label={`${step.name}, ${percent(share(done, total))}`} tone={toneOf(step)} />}
      {note && runs && <p className="honk-dim honk-run-note">{note}</p>}
      {slowed && runs && <p className="honk-run-note">Slowed: {slowed}</p>}
      {step.error && step.status !== 'done' && <p className="honk-problem">{step.error}</p>}
      {step.retry && runs && (
        <p className="honk-run-note">
          Tried {count(step.retry.tried)} {step.retry.tried === 1 ? 'time' : 'times'}, again {step.retry.at_ms > now ? `in ${duration(step.retry.at_ms - now)}` : 'now'}, {count(step.retry.left)} more at most
        </p>
      )}
      {isOpen && <Tasks step={step} migration={migration} />}
    </li>
  );
}

/** The last minutes of a figure that comes with each reading. */
function useRates(rate: number | undefined): number[] {
  const [rates, setRates] = useState<number[]>([]);
  useEffect(() => {
    if (rate === undefined) return undefined;
    setRates(old => [...old.slice(-RATES_KEPT), rate]);
    const timer = setInterval(() => setRates(old => [...old.slice(-RATES_KEPT), rate]), 1000);
    return () => clearInterval(timer);
  }, [rate]);
  return rates;
}

function Tasks({ step, migration }: { step: Step; migration: Migration }) {
  const { data, error, reload } = useLoad(
    `tasks ${migration.id} ${step.name}`,
    (client, signal) => client.get('/migrations/{id}/tasks', { path: { id: migration.id }, query: { step: step.name, limit: TASKS_SHOWN }, signal }),
    event => event.plan === migration.id && event.step === step.name,
  );
  if (error && !data) return <Failure error={error} onRetry={reload} what="Its tasks" />;
  if (!data) return <Skeleton rows={2} label="loading tasks" />;
  return (
    <div className="honk-tasks">
      {step.status !== 'blocked' && step.reverse_text && step.phase === 'forward' && <p className="honk-dim">↶ {step.reverse_text}</p>}
      <ul>
        {data.items.map(task => (
          <TaskLine key={task.id} task={task} onDone={reload} />
        ))}
      </ul>
      {data.next !== null && <p className="honk-dim">More than {TASKS_SHOWN} parts; these are the first.</p>}
    </div>
  );
}

function TaskLine({ task, onDone }: { task: Task; onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const progress = task.progress;
  return (
    <li>
      <div className="honk-task">
        <StateBadge state={task.status} shown={taskState} />
        <span className="honk-task-name">
          <code>{task.key || 'the whole step'}</code>
          {task.phase === 'reverse' && <span className="honk-dim"> back</span>}
          {task.attempt > 1 && <span className="honk-dim"> attempt {task.attempt}</span>}
          {task.worker && task.status === 'leased' && <span className="honk-dim"> {task.worker}</span>}
        </span>
        <span className="honk-dim">
          {progress?.total ? `${count(progress.done ?? 0)} of ${count(progress.total)} ${progress.unit ?? ''} ` : ''}
          {progress?.bytes ? `${bytes(progress.bytes)} ` : ''}
          {task.status === 'leased' && progress?.slowed ? `slowed: ${progress.slowed} ` : ''}
          {task.ended_at_ms && task.started_at_ms ? duration(task.ended_at_ms - task.started_at_ms) : clock(task.since_ms)}
        </span>
        {task.evidence !== undefined && task.evidence !== null && (
          <button type="button" className="honk-link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            evidence
          </button>
        )}
        {task.status === 'failed' && <Mend id={task.id} onDone={onDone} />}
      </div>
      {task.error && <p className="honk-problem">{task.error}</p>}
      {isOpen && <pre className="honk-code">{JSON.stringify(task.evidence, null, 2)}</pre>}
    </li>
  );
}

/** What a person may say to a task that failed: a list of tasks does not tell. */
function Mend({ id, onDone }: { id: string; onDone: () => void }) {
  const { client } = useHonk();
  const path = { id };
  const { data } = useLoad(`task ${id}`, (client, signal) => client.get('/tasks/{id}', { path, signal }), event => event.task === id);
  if (!data?.allowed_actions) return null;
  return (
    <Actions
      allowed={data.allowed_actions}
      onDone={onDone}
      actions={[
        {
          key: 'retry',
          label: 'Try again',
          tone: 'primary',
          reason: 'optional',
          title: 'Try it again',
          say: reason => client.post('/tasks/{id}/retry', { path, body: reason ? { reason } : {}, idempotencyKey: newKey() }),
        },
        {
          key: 'skip',
          label: 'Skip',
          reason: 'needed',
          title: 'Go on without it',
          say: reason => client.post('/tasks/{id}/skip', { path, body: { reason }, idempotencyKey: newKey() }),
        },
        {
          key: 'done',
          label: 'It is done',
          reason: 'needed',
          title: 'Say that it is done',
          say: reason => client.post('/tasks/{id}/done', { path, body: { reason }, idempotencyKey: newKey() }),
        },
      ]}
    />
  );
}
