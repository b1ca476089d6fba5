import type { Campaign, CampaignMember, CampaignReview, PlanDocument } from 'honk-client';
import { useState } from 'react';
import { useHonk } from '../context';
import { useLoad, useNow } from '../data';
import { count, duration, person, plural, shortDigest, shortRef } from '../format';
import { Actions } from '../parts/actions';
import { Card, Chips, Copy, Empty, Failure, Go, Meter, Since, Skeleton, StateBadge } from '../parts/basics';
import { VirtualRows } from '../parts/virtual';
import { migrationState } from '../states';
import { newKey } from '../key';
import { throttleText } from '../throttle';
import { useThrottleAction } from './throttle';

const MEMBERS_PAGE = 1000;
const EXCEPTIONS_SHOWN = 20; /* all of them are among the migrations below */

export function CampaignsScreen() {
  const { data, error, reload } = useLoad(
    'campaigns',
    (client, signal) => client.get('/campaigns', { query: { limit: 500 }, signal }),
    event => event.type.startsWith('campaign.'),
  );
  return (
    <div className="honk-screen">
      <header className="honk-title">
        <h1>Campaigns</h1>
        <p className="honk-dim">Many migrations, reviewed, approved, paced and rolled back as one.</p>
      </header>
      {error && <Failure error={error} onRetry={reload} what="The campaigns" />}
      {!data && !error && <Skeleton rows={4} label="loading campaigns" />}
      {data?.items.length === 0 && (
        <Empty title="No campaign has begun">
          <code>honk apply -f DIR --campaign NAME</code>, then <code>honk plan NAME</code>, makes the migrations of a folder one campaign.
        </Empty>
      )}
      <ul className="honk-rollouts">
        {data?.items.map(row => (
          <li key={row.id}>
            <Go to={{ screen: 'campaign', id: row.id }} className={`honk-rollout honk-tone-${migrationState(row.state).tone}`}>
              <span className="honk-rollout-name">
                <strong>{row.name}</strong>
                <span className="honk-dim">{shortRef(row.owner)}</span>
              </span>
              <StateBadge state={row.state} />
              <span className="honk-two">{row.reason}</span>
              <Since ms={row.since_ms} />
            </Go>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function CampaignScreen({ id }: { id: string }) {
  const { data: campaign, error, reload } = useLoad(
    `campaign ${id}`,
    (client, signal) => client.get('/campaigns/{id}', { path: { id }, signal }),
    (event, known) => event.plan === known?.id || event.type === 'plan.state',
  );
  if (!campaign) return <div className="honk-screen">{error ? <Failure error={error} onRetry={reload} what={`The campaign '${id}'`} /> : <Skeleton rows={8} label="loading the campaign" />}</div>;
  return (
    <div className="honk-screen">
      <header className="honk-headline">
        <div className="honk-crumbs">
          <Go to={{ screen: 'campaigns' }}>Campaigns</Go>
        </div>
        <div className="honk-headline-row">
          <div>
            <h1>{campaign.name}</h1>
            <p className="honk-dim">
              {[shortRef(campaign.owner), `by ${person(campaign.author)}`].filter(Boolean).join(' · ')}
            </p>
          </div>
          <CampaignActions campaign={campaign} onDone={reload} />
        </div>
        <div className="honk-status" aria-live="polite">
          <StateBadge state={campaign.state} />
          <span>{campaign.reason}</span>
          <Since ms={campaign.since_ms} />
          {campaign.next && (
            <p className="honk-next">
              {campaign.next.text}
              {campaign.next.who && <span className="honk-dim"> ({campaign.next.who.split(' or ').map(person).join(' or ')})</span>}
            </p>
          )}
        </div>
        <div className="honk-far">
          <Meter done={campaign.progress.done} total={campaign.progress.total} label="the whole campaign" tone={campaign.state === 'rolling_back' ? 'back' : 'moves'} />
          <span className="honk-far-text">
            {count(campaign.progress.done)} of {count(campaign.progress.total)} moved, wave {campaign.wave.now} of {campaign.wave.of}
            {campaign.progress.eta_ms !== undefined && `, ${duration(campaign.progress.eta_ms)} left`}
          </span>
        </div>
        {campaign.throttle && <p className="honk-throttle">Throttled, all together: {throttleText(campaign.throttle)}</p>}
      </header>
      <ul className="honk-figures">
        {Object.entries(campaign.states).map(([state, n]) => (
          <li key={state}>
            <strong>{count(n)}</strong>
            <StateBadge state={state} />
          </li>
        ))}
      </ul>
      {campaign.waits.length > 0 && (
        <Card title="Who waits for what">
          <ul className="honk-list">
            {campaign.waits.map((wait, i) => (
              <li key={i}>
                {count(wait.count)} of {shortRef(wait.owner)}: {wait.why}
              </li>
            ))}
          </ul>
        </Card>
      )}
      {campaign.trouble_count > 0 && (
        <Card title="A person has to look at" aside={count(campaign.trouble_count)} tone="bad">
          <MemberList members={campaign.trouble} />
        </Card>
      )}
      {campaign.moving_count > 0 && (
        <Card title="Moving now" aside={count(campaign.moving_count)}>
          <MemberList members={campaign.moving} />
        </Card>
      )}
      {(campaign.state === 'review' || campaign.planning > 0) && <Review campaign={campaign} />}
      <Members campaign={campaign} />
    </div>
  );
}

function MemberList({ members }: { members: readonly CampaignMember[] }) {
  return (
    <ul className="honk-members">
      {members.map(member => (
        <li key={member.migration}>
          <Go to={{ screen: 'migration', id: member.plan ?? member.migration }}>{shortRef(member.migration)}</Go>
          <StateBadge state={member.state} />
          <span className="honk-dim honk-clip">{member.reason}</span>
        </li>
      ))}
    </ul>
  );
}

function CampaignActions({ campaign, onDone }: { campaign: Campaign; onDone: () => void }) {
  const { client } = useHonk();
  const path = { id: campaign.id };
  const body = (reason: string) => ({ path, body: reason ? { reason } : {}, idempotencyKey: newKey() });
  const { name } = campaign;
  const throttle = useThrottleAction({ ...campaign, of: 'campaign' }, name);
  const moved = (campaign.states.succeeded ?? 0) + (campaign.states.closed ?? 0);
  const { data: review } = useLoad(`digest of ${campaign.id} ${campaign.state}`, async (client, signal) =>
    campaign.state === 'review' || campaign.state === 'running' ? client.get('/campaigns/{id}/review', { path, signal }) : undefined,
  );
  return (
    <Actions
      allowed={campaign.allowed_actions}
      onDone={onDone}
      actions={[
        {
          key: 'approve',
          label: 'Approve',
          tone: 'primary',
          reason: 'optional',
          title: `Approve ${name}`,
          ask: review?.digest && (
            <p>
              You say yes to {plural(review.planned, 'plan')} in {plural(review.classes.length, 'class', 'classes')} of change, by the digest over all of them: <Copy text={review.digest}>{shortDigest(review.digest)}</Copy>
            </p>
          ),
          say: reason => client.post('/campaigns/{id}/approve', { path, body: { digest: review?.digest ?? '', ...(reason ? { reason } : {}) }, idempotencyKey: newKey() }),
        },
        { key: 'reject', label: 'Reject', reason: 'optional', title: `Reject the plans of ${name}`, say: reason => client.post('/campaigns/{id}/reject', body(reason)) },
        { key: 'start', label: 'Start', tone: 'primary', reason: 'optional', title: `Start ${name}`, ask: <p>First one moves, then more, wave by wave, as the limits allow. It halts itself when more fail than may.</p>, say: reason => client.post('/campaigns/{id}/start', body(reason)) },
        { key: 'resume', label: 'Resume', tone: 'primary', reason: campaign.state === 'halted' ? 'needed' : 'optional', title: `Resume ${name}`, say: reason => client.post('/campaigns/{id}/resume', body(reason)) },
        { key: 'pause', label: 'Pause', reason: 'optional', title: `Pause ${name}`, ask: <p>Nothing new starts, and what runs pauses.</p>, say: reason => client.post('/campaigns/{id}/pause', body(reason)) },
        { key: 'halt', label: 'Halt', tone: 'danger', reason: 'needed', title: `Halt ${name}`, ask: <p>Nothing new starts, and what runs is asked to stop.</p>, say: reason => client.post('/campaigns/{id}/halt', body(reason)) },
        throttle,
        {
          key: 'rollback',
          label: 'Rollback',
          tone: 'danger',
          reason: 'needed',
          title: `Roll all of ${name} back`,
          ask: (
            <p>
              What has not moved is cancelled, what moves turns round at once, and {plural(moved, 'migration that has succeeded goes', 'migrations that have succeeded go')} back in the reverse order of their first effect.
            </p>
          ),
          say: reason => client.post('/campaigns/{id}/rollback', body(reason)),
        },
        { key: 'cancel', label: 'Cancel', reason: 'optional', title: `Cancel ${name}`, say: reason => client.post('/campaigns/{id}/cancel', body(reason)) },
      ]}
    />
  );
}

/** One class of change is read once, however many plans are of it. */
function Review({ campaign }: { campaign: Campaign }) {
  const { data, error, reload } = useLoad(
    `review ${campaign.id}`,
    (client, signal) => client.get('/campaigns/{id}/review', { path: { id: campaign.id }, signal }),
    event => event.type === 'plan.state' || event.plan === campaign.id,
  );
  if (error && !data) return <Failure error={error} onRetry={reload} what="The review" />;
  if (!data) return <Skeleton rows={4} label="loading the review" />;
  const approved = campaign.states.approved ?? 0;
  const exceptions = data.exceptions.filter(exception => exception.state !== 'approved');
  return (
    <Card title="Plans by class of change" aside={`${plural(data.planned, 'plan')} in ${plural(data.classes.length, 'class', 'classes')}`}>
      {data.digest && (
        <p>
          <span className="honk-dim">digest over all of them</span> <Copy text={data.digest} />
        </p>
      )}
      {campaign.planning > 0 && <p className="honk-dim">{plural(campaign.planning, 'plan is', 'plans are')} being made.</p>}
      <ul className="honk-classes-list">
        {data.classes.map((one, i) => (
          <ClassOfChange key={one.class} one={one} isFirst={i === 0} />
        ))}
      </ul>
      {approved > 0 && (
        <p>
          {plural(approved, 'plan is', 'plans are')} approved{data.planned === 0 && ', and none waits for a yes'}.
        </p>
      )}
      {exceptions.length > 0 && (
        <>
          <h3>Not among them</h3>
          <ul className="honk-members">
            {exceptions.slice(0, EXCEPTIONS_SHOWN).map(exception => (
              <li key={exception.migration}>
                <Go to={{ screen: 'migration', id: exception.plan ?? exception.migration }}>{shortRef(exception.migration)}</Go>
                <StateBadge state={exception.state} />
                <span className="honk-dim">{exception.reason}</span>
              </li>
            ))}
          </ul>
          {data.others - approved > EXCEPTIONS_SHOWN && <p className="honk-dim">and {count(data.others - approved - EXCEPTIONS_SHOWN)} more: below, by state</p>}
        </>
      )}
    </Card>
  );
}

function ClassOfChange({ one, isFirst }: { one: CampaignReview['classes'][number]; isFirst: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const plan = one.example.plan as unknown as PlanDocument;
  return (
    <li>
      <button type="button" className="honk-change" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="honk-caret" aria-hidden="true" />
        <span className="honk-change-name">
          <strong>{plural(one.count, 'plan')}</strong>
          <span className="honk-dim honk-clip">{one.members.slice(0, 5).map(shortRef).join(', ')}{one.count > 5 && ' …'}</span>
        </span>
        <span className="honk-change-counts">
          {Object.entries(one.owners).slice(0, 3).map(([owner, n]) => (
            <span key={owner} className="honk-pill">
              {shortRef(owner)} {n}
            </span>
          ))}
        </span>
      </button>
      {isOpen && (
        <div className="honk-change-body">
          {!isFirst &&
            one.differences.map((difference, i) => (
              <p key={i}>
                <code>{difference.at}</code>: <del>{difference.here}</del> <ins>{difference.there}</ins>
              </p>
            ))}
          <ol className="honk-undo">
            {plan.steps?.map(step => (
              <li key={step.name}>
                <strong>{step.name}</strong>
                <span>
                  {step.text} <span className="honk-dim">↶ {step.reverse.text}</span>
                </span>
              </li>
            ))}
          </ol>
          {plan.migration && <Go to={{ screen: 'migration', id: plan.migration }}>the whole plan of {shortRef(plan.migration)}</Go>}
        </div>
      )}
    </li>
  );
}

function Members({ campaign }: { campaign: Campaign }) {
  const { go } = useHonk();
  const [state, setState] = useState('all');
  const now = useNow(10_000);
  const { data, error, reload } = useLoad(
    `members ${campaign.id} ${state}`,
    async (client, signal) => {
      const items: CampaignMember[] = [];
      let after: string | undefined;
      do {
        const page = await client.get('/campaigns/{id}/members', { path: { id: campaign.id }, query: { state: state === 'all' ? undefined : state, limit: MEMBERS_PAGE, after }, signal });
        items.push(...page.items);
        after = page.next ?? undefined;
      } while (after !== undefined);
      return items;
    },
    event => event.plan === campaign.id,
  );
  return (
    <Card title="Migrations" aside={data && count(data.length)}>
      <Chips
        label="States"
        chosen={state}
        onChoose={setState}
        chips={[{ key: 'all', label: 'All' }, ...Object.entries(campaign.states).map(([key, n]) => ({ key, label: migrationState(key).label, count: n, tone: migrationState(key).tone }))]}
      />
      {error && !data && <Failure error={error} onRetry={reload} what="Its migrations" />}
      {!data && !error && <Skeleton rows={4} label="loading migrations" />}
      {data?.length === 0 && <Empty title="None is in this state" />}
      {data && data.length > 0 && (
        <VirtualRows
          rows={data}
          rowHeight={44}
          rowKey={member => member.migration}
          label="migrations of the campaign"
          onOpen={member => go({ screen: 'migration', id: member.plan ?? member.migration })}
          render={member => (
            <div className="honk-dataset-row">
              <div className="honk-what">
                <Go to={{ screen: 'migration', id: member.plan ?? member.migration }}>{shortRef(member.migration)}</Go>
              </div>
              <StateBadge state={member.state} />
              <span className="honk-dim honk-clip" title={member.reason}>
                {member.excused ? 'excused: ' : ''}
                {member.reason} {member.since_ms !== undefined && `(${duration(Math.max(0, now - member.since_ms))})`}
              </span>
            </div>
          )}
        />
      )}
    </Card>
  );
}
