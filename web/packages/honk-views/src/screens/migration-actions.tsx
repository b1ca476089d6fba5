import type { HonkClient, Migration, PlanAnswer } from 'honk-client';
import { useState } from 'react';
import { useHonk } from '../context';
import { shortDigest, shortRef } from '../format';
import { newKey } from '../key';
import { Actions, type Action } from '../parts/actions';
import { Copy } from '../parts/basics';
import { rollbackTimes, whatIsUndone } from '../progress';
import { useThrottleAction } from './throttle';

type ReasonPath = Extract<Parameters<HonkClient['post']>[0], `/migrations/{id}/${string}`>;

/** Everything that people may say to a migration; which of it is possible now, the server decides. */
export function MigrationActions({ migration, plan, onDone }: { migration: Migration; plan: PlanAnswer | undefined; onDone: () => void }) {
  const { client, go } = useHonk();
  const [isGivenUp, setGivenUp] = useState(false);
  const throttle = useThrottleAction({ ...migration, of: 'migration' }, shortRef(migration.migration));
  const id = migration.id;
  const name = shortRef(migration.migration);
  const say =
    (path: ReasonPath, more: object = {}) =>
    (reason: string): Promise<unknown> =>
      client.post(path as '/migrations/{id}/start', { path: { id }, body: { ...(reason ? { reason } : {}), ...more }, idempotencyKey: newKey() });

  const actions: Action[] = [
    {
      key: 'approve',
      label: 'Approve',
      tone: 'primary',
      always: migration.state === 'planned',
      reason: 'optional',
      title: `Approve ${name}`,
      ask: migration.digest && <WhatIsApproved migration={migration} plan={plan} />,
      say: reason => say('/migrations/{id}/approve', { digest: migration.digest })(reason),
    },
    { key: 'reject', label: 'Reject', reason: 'optional', title: `Reject the plan of ${name}`, say: say('/migrations/{id}/reject') },
    { key: 'withdraw', label: 'Withdraw my yes', reason: 'optional', title: `Withdraw your approval of ${name}`, say: say('/migrations/{id}/withdraw') },
    {
      key: 'start',
      label: 'Start',
      tone: 'primary',
      always: migration.state === 'approved',
      reason: 'optional',
      title: `Start ${name}`,
      ask: <p>Before anything moves it is looked once more whether the world is as the plan saw it. It can be paused and rolled back at any time.</p>,
      say: say('/migrations/{id}/start'),
    },
    {
      key: 'resume',
      label: 'Resume',
      tone: 'primary',
      reason: migration.state === 'halted' ? 'needed' : 'optional',
      title: `Resume ${name}`,
      ask: <p>Drift is looked for again; then it goes on where it stopped.</p>,
      say: say('/migrations/{id}/resume'),
    },
    { key: 'pause', label: 'Pause', reason: 'optional', title: `Pause ${name}`, ask: <p>Nothing new begins; what runs now is finished.</p>, say: say('/migrations/{id}/pause') },
    {
      key: 'rollback',
      label: 'Rollback',
      tone: 'danger',
      always: migration.has_effects && migration.state !== 'rolled_back',
      reason: 'needed',
      title: `Roll ${name} back`,
      ask: <WhatIsUndone migration={migration} plan={plan} isGivenUp={isGivenUp} onGiveUp={setGivenUp} />,
      say: reason => say('/migrations/{id}/rollback', isGivenUp ? { give_up_rows: true } : {})(reason).then(() => go({ screen: 'migration', id, tab: 'run' })),
    },
    {
      key: 'halt',
      label: 'Halt',
      tone: 'danger',
      reason: 'needed',
      title: `Halt ${name}`,
      ask: <p>The kill switch: nothing new begins, and what runs is asked to stop.</p>,
      say: say('/migrations/{id}/halt'),
    },
    throttle,
    { key: 'hold', label: 'Hold the rollback', reason: 'needed', title: 'Hold a rollback that does harm', say: say('/migrations/{id}/hold') },
    { key: 'go_on', label: 'Go on with the rollback', tone: 'primary', reason: 'optional', title: 'Go on with the rollback', say: say('/migrations/{id}/go-on') },
    {
      key: 'accept_mixed',
      label: 'Accept the mixed state',
      tone: 'danger',
      reason: 'needed',
      title: 'Accept a mixed state',
      ask: <p>It is neither as it was nor as it was to be. Two people have to say so; the second one closes the migration.</p>,
      say: say('/migrations/{id}/accept-mixed'),
    },
    {
      key: 'retire',
      label: 'Retire the old dataset',
      tone: 'danger',
      reason: 'needed',
      title: 'Retire the old dataset, for good',
      ask: <p>This is the one step without a way back: dropped rows are gone.</p>,
      say: say('/migrations/{id}/retire'),
    },
    { key: 'cancel', label: 'Cancel', reason: 'optional', title: `Cancel ${name}`, ask: <p>Nothing has moved; the plan is over then.</p>, say: say('/migrations/{id}/cancel') },
  ];
  const isOver = ['stale', 'rejected', 'expired', 'cancelled', 'rolled_back'].includes(migration.state);
  const isUnplanned = migration.state === 'draft' && (migration.diagnostics ?? []).length > 0;
  if (isOver || isUnplanned || migration.state === 'planned')
    actions.push({
      key: 'plan',
      label: 'Plan again',
      tone: migration.state === 'planned' ? 'plain' : 'primary',
      always: true,
      reason: 'optional',
      title: `Plan ${name} again`,
      ask: <p>A new plan of the world as it is now, with an id of its own; this one stays to be read.</p>,
      say: async reason => {
        const made = await client.post('/migrations/{id}/plan', { path: { id }, body: reason ? { reason } : {}, idempotencyKey: newKey() });
        go({ screen: 'migration', id: made.id });
      },
    });
  return (
    <div className="honk-action-bar">
      {/* An address that names a migration shows its newest plan: what is being said to one is not said to the next. */}
      <Actions key={id} allowed={migration.allowed_actions} actions={actions} onDone={onDone} />
    </div>
  );
}

function WhatIsApproved({ migration, plan }: { migration: Migration; plan: PlanAnswer | undefined }) {
  const left = plan?.plan.changes?.filter(change => change.counts.needs_person + change.counts.unparsable > 0) ?? [];
  return (
    <div className="honk-stack">
      <p>
        You say yes to exactly this plan, by its digest: <Copy text={migration.digest!}>{shortDigest(migration.digest!)}</Copy>
      </p>
      {plan && (
        <ul className="honk-list">
          <li>
            {plan.plan.steps.length} steps, {plan.plan.irreversible.length > 0 ? `without a way back: ${plan.plan.irreversible.join(', ')}` : 'each with a way back'}
          </li>
          {left.length > 0 && <li>{left.length === 1 ? 'one repository has' : `${left.length} repositories have`} places that are left to people, and stay as they are</li>}
          {plan.plan.risks.length > 0 && <li>{plan.plan.risks.length} risks are named</li>}
        </ul>
      )}
    </div>
  );
}

function WhatIsUndone({ migration, plan, isGivenUp, onGiveUp }: { migration: Migration; plan: PlanAnswer | undefined; isGivenUp: boolean; onGiveUp: (value: boolean) => void }) {
  const steps = whatIsUndone(migration);
  const times = rollbackTimes(migration, plan);
  const isSwapped = migration.steps.some(step => step.action === 'swap' && step.status === 'done');
  return (
    <div className="honk-stack">
      <p>
        {steps.length === 0 ? 'Nothing of it has happened yet that would have to be undone.' : 'This is undone, in this order; then everything is compared with how it was at the start:'}
      </p>
      <ol className="honk-undo" tabIndex={0} aria-label="what is undone">
        {steps.map(step => (
          <li key={step.name}>
            <strong>{step.name}</strong>
            <span>{step.text}</span>
          </li>
        ))}
      </ol>
      {times.length > 0 && <p className="honk-dim">{times.join(' ')}</p>}
      {isSwapped && (
        <label className="honk-check honk-give-up">
          <input type="checkbox" checked={isGivenUp} onChange={event => onGiveUp(event.target.checked)} />
          <span>
            Give up rows that were written to the new dataset since the swap
            <span className="honk-dim"> Without this, a rollback that finds such rows counts them and waits for a person. They are kept in a table beside it.</span>
          </span>
        </label>
      )}
    </div>
  );
}
