import type { ConsumerLine, Forecast, Migration, PlanAnswer, PlanChange, PlanDocument, PlanObservations, PlanService, WayBack } from 'honk-client';
import { dispositionWord, migrationWord } from 'honk-client/words';
import { useState } from 'react';
import { useLoad, type Loaded } from '../data';
import { count, duration, moment, person, plural, shortDigest, shortRef } from '../format';
import { Card, Copy, Facts, Failure, Go, Person, Ref, Skeleton } from '../parts/basics';
import { CodingWork, type CodingDone } from '../parts/coding';
import { Code, DiffBlob } from '../parts/code';
import { SafeLink } from '../parts/link';
import { guardWords, planChanges } from '../plan-changes';
import { Pull, useConsumerLines } from './consumers';

/** What writers of the source meet while its rows are read, by the plan's `consistency`. */
const READING: Record<string, string> = {
  frozen: 'writers are stopped meanwhile',
  live: 'writers go on, and what they write is copied again',
  'dual-write': 'writers go on, and write to both sides once the rows are copied',
  snapshot: 'writers go on, and all is copied as it was at one moment',
  'live-sync': 'writers go on, and what they write is read from the log and copied again',
  checked: 'a change meanwhile stops the plan',
};

export function usePlan(migration: Migration | undefined): Loaded<PlanAnswer | undefined> {
  return useLoad<PlanAnswer | undefined>(`plan ${migration?.id ?? ''} ${migration?.digest ?? ''}`, async (client, signal) =>
    migration?.digest ? ((await client.get('/migrations/{id}/plan', { path: { id: migration.id }, signal })) as unknown as PlanAnswer) : undefined,
  );
}

/** What a reviewer reads, in the order in which it matters: drift first. */
export function PlanReview({ migration, plan }: { migration: Migration; plan: Loaded<PlanAnswer | undefined> }) {
  const lines = useConsumerLines(migration.started_at_ms === undefined ? undefined : migration);
  if (migration.digest === undefined) return <NoPlan migration={migration} />;
  if (plan.data === undefined)
    return plan.error ? <Failure error={plan.error} onRetry={plan.reload} what="The plan" /> : <Skeleton rows={12} label="loading the plan" />;
  const { plan: document, observations } = plan.data;
  return (
    <div className="honk-review">
      <Drift migration={migration} />
      <AtAGlance document={document} plan={plan.data} />
      <SinceLastPlan migration={migration} document={document} />
      <Risks document={document} />
      <Changes document={document} observations={observations} lines={lines.data} />
      <Steps document={document} migration={migration} />
      <Services services={document.services ?? []} />
      <Mapping document={document} places={observations?.places} />
      <Evidence migration={migration} />
      <Approvals migration={migration} document={document} />
    </div>
  );
}

function NoPlan({ migration }: { migration: Migration }) {
  const found = migration.diagnostics ?? [];
  if (found.length === 0 && migration.state === 'draft')
    return (
      <Card title="The plan is being made">
        <Skeleton rows={5} label="the plan is being made" />
        <p className="honk-dim">A worker looks at both schemas, at the code of consumers and at the services. The plan appears here by itself.</p>
      </Card>
    );
  return (
    <Card title="There is no plan" tone="bad">
      <p>{migration.reason ?? 'Planning failed.'}</p>
      <ul className="honk-findings">
        {found.map((one, i) => (
          <li key={i}>
            <strong className={one.level === 'error' ? 'honk-tone-bad' : ''}>{one.level}</strong>
            <span>{one.message}</span>
            {one.file && (
              <code className="honk-dim">
                {one.file}
                {one.line ? `:${one.line}` : ''}
              </code>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Drift({ migration }: { migration: Migration }) {
  const differences = migration.differences ?? [];
  if (differences.length === 0)
    return (
      <p className="honk-calm">
        <span aria-hidden="true">✓</span> No drift is known: schemas, mapping, policy, consumers and services are as this plan saw them. They are looked at again before anything moves.
      </p>
    );
  return (
    <Card title="The world moved since this plan was made" tone="bad">
      <ul className="honk-list">
        {differences.map(difference => (
          <li key={difference}>{difference}</li>
        ))}
      </ul>
    </Card>
  );
}

/** "about 6 (3 to 19), by 1,600 of 3,376 rows that were tried". */
function expected({ rejected, rows = 0, rows_read = 0 }: Forecast): string {
  const bounds = rejected && rejected.low !== rejected.high ? ` (${count(rejected.low)} to ${count(rejected.high)})` : '';
  return `${bounds ? 'about ' : ''}${count(rejected?.about ?? 0)}${bounds}, by ${count(rows_read)} of ${count(rows)} rows that were tried`;
}

function AtAGlance({ document, plan }: { document: PlanDocument; plan: PlanAnswer }) {
  const seen = plan.observations ?? {};
  const changes = document.changes ?? [];
  const rewritten = changes.filter(change => change.counts.rewritten > 0);
  const left = changes.filter(change => change.counts.needs_person + change.counts.unparsable > 0);
  const places = changes.reduce((sum, change) => sum + change.counts.rewritten, 0);
  const services = (document.services ?? []).filter(service => service.problem === undefined);
  const figures: [string, string, string?][] = [
    [seen.source_rows !== undefined ? count(seen.source_rows) : '–', 'rows move', seen.estimate_ms !== undefined ? `in about ${duration(seen.estimate_ms)}` : undefined],
    [count(places), places === 1 ? 'place in code changes' : 'places in code change', `in ${plural(rewritten.length, 'repository', 'repositories')}`],
    [count(left.length), left.length === 1 ? 'repository needs a person' : 'repositories need a person', left.length > 0 ? 'these places stay as they are' : 'rules can do all of it'],
    [count(services.length), services.length === 1 ? 'service is rolled out' : 'services are rolled out', services.length > 0 ? `in ${plural(Math.max(...services.map(service => service.wave ?? 1)), 'wave')}` : undefined],
    [seen.rollback_ms !== undefined ? duration(seen.rollback_ms) : '–', 'takes the way back', document.rollback_window_ms ? `open for ${duration(document.rollback_window_ms)} after the end` : undefined],
  ];
  return (
    <>
      <ul className="honk-figures">
        {figures.map(([value, what, more]) => (
          <li key={what}>
            <strong>{value}</strong>
            <span>{what}</span>
            {more && <span className="honk-dim">{more}</span>}
          </li>
        ))}
      </ul>
      <Facts
        rows={[
          ['Strategy', document.strategy],
          ['Agent', document.agent],
          ['Asked for by', <Person key="p" identity={document.author} />],
          document.owner ? ['Owner', <Ref key="o" name={document.owner} />] : null,
          document.fleet_group ? ['Group of services', document.fleet_group] : null,
          document.consistency ? ['Reading', READING[document.consistency] ?? document.consistency] : null,
          seen.forecast?.rejected ? ['Rows that do not fit', expected(seen.forecast)] : null,
          document.target?.kept ? ['The old target', <code key="k">{document.target.kept}</code>] : null,
        ]}
      />
    </>
  );
}

function SinceLastPlan({ migration, document }: { migration: Migration; document: PlanDocument }) {
  const { data } = useLoad(`plan before ${migration.id}`, async (client, signal) => {
    const page = await client.get('/migrations', { query: { q: shortRef(migration.migration).split('/').pop(), limit: 100 }, signal });
    const before = page.items.find(row => row.migration === migration.migration && row.id < migration.id && row.digest !== undefined);
    if (!before) return null;
    const old = (await client.get('/migrations/{id}/plan', { path: { id: before.id }, signal })) as unknown as PlanAnswer;
    return { before, old };
  });
  if (!data) return null;
  const changes = planChanges(data.old.plan, document);
  return (
    <Card
      title="Since the plan before"
      aside={
        <Go to={{ screen: 'migration', id: data.before.id }}>
          {shortDigest(data.old.digest)}, {migrationWord(data.before.state).toLowerCase()}
        </Go>
      }
    >
      {changes.length === 0 ? (
        <p className="honk-dim">{data.old.digest === migration.digest ? 'Nothing: it is the very same plan.' : 'Nothing that a reader would see; see its guards below.'}</p>
      ) : (
        <ul className="honk-since-list">
          {changes.map(change => (
            <li key={change.what}>
              <strong>{change.what}</strong>
              {change.before !== undefined && <del>{change.before}</del>}
              {change.after !== undefined && <ins>{change.after}</ins>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Risks({ document }: { document: PlanDocument }) {
  if (document.risks.length === 0) return null;
  return (
    <Card title="Risks" aside={plural(document.risks.length, 'risk')} tone="waits">
      <ul className="honk-list">
        {document.risks.map(risk => (
          <li key={risk}>{risk}</li>
        ))}
      </ul>
    </Card>
  );
}

/** Each step beside what undoes it, and where there is no way back any more. */
function Steps({ document, migration }: { document: PlanDocument; migration: Migration }) {
  const first = document.steps.findIndex(step => step.irreversible);
  return (
    <Card title="Steps, each beside its way back" aside={plural(document.steps.length, 'step')}>
      <ol className="honk-steps">
        {document.steps.map((step, i) => (
          <li key={step.name} className={step.irreversible ? 'honk-one-way' : ''}>
            {i === first && (
              <p className="honk-no-return" role="note">
                point of no return: the end of the rollback window
              </p>
            )}
            <div className="honk-step">
              <span className="honk-step-number">{i + 1}</span>
              <div>
                <strong>{step.name}</strong>
                <p>{step.text}</p>
              </div>
              <div className="honk-reverse">
                <span className="honk-hidden">way back: </span>
                <span aria-hidden="true">↶</span>
                <p>{step.reverse.text || 'none'}</p>
              </div>
            </div>
          </li>
        ))}
      </ol>
      {first < 0 && document.steps.length > 0 && <p className="honk-dim">Every step has a way back.</p>}
      {migration.expires_at_ms !== undefined && migration.state === 'planned' && <p className="honk-dim">The plan expires {moment(migration.expires_at_ms)}.</p>}
    </Card>
  );
}

type Kind = 'needs_person' | 'rewritten' | 'unaffected' | 'problem';
const kinds: readonly [Kind, string, string][] = [
  ['problem', 'Nobody could look', 'bad'],
  ['needs_person', 'Places are left to people', 'waits'],
  ['rewritten', 'Rewritten', 'good'],
  ['unaffected', 'Nothing to change', 'over'],
];

function kindOf(change: PlanChange): Kind {
  if (change.problem !== undefined) return 'problem';
  if (change.counts.needs_person + change.counts.unparsable > 0) return 'needs_person';
  return change.counts.rewritten > 0 ? 'rewritten' : 'unaffected';
}

/** As its tasks are called. */
const keyOf = (change: { key?: string; repository?: string }) => change.key ?? change.repository ?? '';

export function Changes({ document, observations, lines }: { document: PlanDocument; observations?: PlanAnswer['observations']; lines?: readonly ConsumerLine[] }) {
  const changes = document.changes ?? [];
  if (changes.length === 0) return null;
  return (
    <Card title="Consumers' code" aside={plural(changes.length, 'repository', 'repositories')}>
      <p className="honk-dim">
        Each gets one commit on a branch of its own. Default branches, working trees and people's branches are not touched. A file with a place that is left to people stays as it is.
      </p>
      <TheWayBack tried={Object.values(observations?.repositories ?? {}).flatMap(({ back }) => back ?? [])} />
      {kinds.map(([kind, label, tone]) => {
        const some = changes.filter(change => kindOf(change) === kind);
        return (
          some.length > 0 && (
            <div key={kind} className="honk-group">
              <h3 className={`honk-tone-${tone}`}>
                <i aria-hidden="true" />
                {label} <span className="honk-count">{some.length}</span>
              </h3>
              <ul className="honk-changes">
                {some.map(change => (
                  <Change
                    key={keyOf(change)}
                    change={change}
                    seen={observations?.repositories?.[keyOf(change)]}
                    line={lines?.find(line => line.repository !== undefined && keyOf(line) === keyOf(change))}
                  />
                ))}
              </ul>
            </div>
          )
        );
      })}
    </Card>
  );
}

/** "of 3 files 1 to the byte, 1 in other words, 1 left to people" */
function Inverse({ tried }: { tried: readonly WayBack[] }) {
  const sum = (of: 'files' | 'same' | 'other' | 'left') => tried.reduce((all, back) => all + (back[of] ?? 0), 0);
  return (
    <>
      of {plural(sum('files'), 'file')} {count(sum('same'))} to the byte, {count(sum('other'))} in other words,{' '}
      <span className={sum('left') > 0 ? 'honk-tone-waits' : ''}>{count(sum('left'))} left to people</span>
    </>
  );
}

/** What reviewers ask first: how it goes back. */
function TheWayBack({ tried }: { tried: readonly WayBack[] }) {
  if (tried.length === 0) return null;
  return (
    <p className="honk-dim">
      <strong>The way back, as it was tried:</strong> a commit takes out what was merged, and what came after it stays; {count(tried.filter(back => back.reverts).length)} of {plural(tried.length, 'repository', 'repositories')} are then to the
      byte what they are. Where people have changed the same lines by then, the inverse of the mapping does it: <Inverse tried={tried} />.
    </p>
  );
}

function BackOf({ back }: { back: WayBack }) {
  return (
    <>
      {back.why_not !== undefined && <p className="honk-problem">The commit that takes it out does not do it: {back.why_not}</p>}
      {back.files !== undefined && (
        <p className="honk-dim">
          Its way back, where people change the same lines: <Inverse tried={[back]} />.
        </p>
      )}
      {back.reasons !== undefined && back.reasons.length > 0 && (
        <ul className="honk-findings" aria-label="left to people on the way back">
          {back.reasons.map((reason, i) => (
            <li key={i}>
              <code>
                {reason.path}:{reason.line}
              </code>
              <span>{reason.text}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

type Seen = NonNullable<PlanObservations['repositories']>[string];

/** What its own file asks for: "is opened as a draft". */
function teamWishes(change: PlanChange): string[] {
  return [
    change.not_before !== undefined && `is not proposed before ${change.not_before}`,
    change.hours !== undefined && `is proposed in its team's hours only (${change.hours})`,
    change.draft && 'is opened as a draft',
    change.limits?.pulls !== undefined && `waits while ${plural(change.limits.pulls, 'change')} of the repository ${change.limits.pulls === 1 ? 'is' : 'are'} open`,
    change.merge === 'auto' && 'may be merged by Honk itself',
  ].filter(words => typeof words === 'string');
}

function Change({ change, seen, line }: { change: PlanChange; seen?: Seen; line?: ConsumerLine }) {
  const { queries, back } = seen ?? {};
  const [isOpen, setOpen] = useState(false);
  const dispositions = Object.entries(change.counts).filter(([, n]) => n > 0);
  const wishes = teamWishes(change);
  const hasMore = change.diff !== null || change.reasons.length > 0 || change.coding !== undefined || wishes.length > 0 || back?.files !== undefined || back?.why_not !== undefined || line?.pull !== undefined;
  return (
    <li>
      <button type="button" className="honk-change" aria-expanded={isOpen} disabled={!hasMore} onClick={() => setOpen(!isOpen)}>
        <span className="honk-caret" aria-hidden="true" />
        <span className="honk-change-name">
          <strong>{shortRef(change.consumer)}</strong>
          <span className="honk-dim">
            {shortRef(change.owner)}
            {change.found_by === 'scan' && ' · found by a scan'}
          </span>
        </span>
        <span className="honk-change-counts">
          {dispositions.map(([name, n]) => (
            <span key={name} className={`honk-pill honk-${name}`}>
              {n} {dispositionWord(name)}
            </span>
          ))}
          {dispositions.length === 0 && <span className="honk-dim">names it nowhere</span>}
          {change.coding && <span className="honk-pill honk-proof">{plural(change.coding.sites, 'place')} for the agent ‘{change.coding.agent}’</span>}
          {queries && queries.same > 0 && <span className="honk-pill honk-proof">{plural(queries.same, 'query', 'queries')} same rows</span>}
          {queries && queries.different > 0 && <span className="honk-pill honk-unparsable">{queries.different} with other rows</span>}
        </span>
      </button>
      {change.problem !== undefined && <p className="honk-problem">{change.problem}</p>}
      {isOpen && (
        <div className="honk-change-body">
          {change.reasons.length > 0 && (
            <ul className="honk-findings">
              {change.reasons.map((reason, i) => (
                <li key={i}>
                  <code>
                    {reason.path}
                    {reason.line > 0 ? `:${reason.line}` : ''}
                  </code>
                  <span>
                    {reason.text} <code className="honk-dim">{reason.code}</code>
                  </span>
                </li>
              ))}
            </ul>
          )}
          {change.coding && !line?.coding && (
            <p className="honk-dim">
              What rules left goes to the coding agent ‘{change.coding.agent}’ (door {change.coding.door}), in a sandbox and in at most {plural(change.coding.rounds, 'round')}; it may write{' '}
              {change.coding.files.map(file => (
                <code key={file}>{file} </code>
              ))}
              and what it does is taken only if it passes every check.
            </p>
          )}
          {line?.coding && <CodingWork coding={line.coding as CodingDone} />}
          {line?.pull && <Pull pull={line.pull} />}
          {change.host && !line?.pull && <p className="honk-dim">The change is proposed by a pull request ({change.host}), and waits there until people merge it.</p>}
          {wishes.length > 0 && <p className="honk-dim">As its team asks in .honk.yaml, it {wishes.join('; it ')}.</p>}
          {back && <BackOf back={back} />}
          {change.classes.length > 0 && (
            <p className="honk-classes">
              {change.classes.map(kind => (
                <code key={kind}>{kind}</code>
              ))}
            </p>
          )}
          {change.diff !== null && <DiffBlob digest={change.diff} />}
        </div>
      )}
    </li>
  );
}

export function Services({ services }: { services: readonly PlanService[] }) {
  if (services.length === 0) return null;
  return (
    <Card title="Services" aside={plural(services.length, 'service')}>
      <ul className="honk-services">
        {services.map(service => (
          <li key={service.service}>
            <span className="honk-wave">{service.wave !== undefined ? `wave ${service.wave}` : '–'}</span>
            <div>
              <strong>{service.service}</strong>{' '}
              <span className="honk-dim">
                {service.instances !== undefined && plural(service.instances, 'instance')}
                {service.target && ` on ${service.target}`}
                {service.access === 'writes' && ' · writes'}
              </span>
              {Object.entries(service.to?.datasets ?? {}).map(([variable, dataset]) => (
                <p key={variable} className="honk-route">
                  <code>{variable}</code> <code>{service.from?.datasets[variable] ?? '–'}</code>
                  <span aria-label="to">→</span>
                  <code>{dataset}</code>
                </p>
              ))}
              {service.problem ? <p className="honk-problem">{service.problem}</p> : service.how && <p className="honk-dim">{service.how}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What the stores do by themselves was seen when the plan was made; else it is as the mapping has it. */
function Mapping({ document, places }: { document: PlanDocument; places?: PlanObservations['places'] }) {
  const [isText, setText] = useState(false);
  const mapping = document.mapping;
  if (!mapping) return null;
  return (
    <Card
      title="Mapping"
      aside={
        <button type="button" className="honk-link" aria-expanded={isText} onClick={() => setText(!isText)}>
          {isText ? 'as a table' : mapping.path}
        </button>
      }
    >
      {isText ? (
        <Code text={mapping.text} path={mapping.path} />
      ) : (
        <div className="honk-scroll" tabIndex={0} role="region" aria-label="columns of the mapping">
          <table className="honk-data">
            <thead>
              <tr>
                <th scope="col">target column</th>
                <th scope="col">rule</th>
                <th scope="col">computed in</th>
              </tr>
            </thead>
            <tbody>
              {mapping.columns.map(column => ({ ...column, ...places?.columns.find(seen => seen.target === column.target) })).map(column => (
                <tr key={column.target}>
                  <th scope="row">
                    <code>{column.target}</code>
                  </th>
                  <td>{column.rule}</td>
                  <td title={column.why} className="honk-dim">
                    {column.place}
                  </td>
                </tr>
              ))}
              {Object.entries(mapping.dropped ?? {}).map(([name, drop]) => (
                <tr key={name} className="honk-dropped">
                  <th scope="row">
                    <del>
                      <code>{name}</code>
                    </del>
                  </th>
                  <td colSpan={2}>
                    dropped{drop.why ? `: ${drop.why}` : ''} {drop.link && <SafeLink href={drop.link}>more</SafeLink>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {places?.note && <p className="honk-dim">{places.note}</p>}
          {mapping.where && (
            <p>
              only rows where <code>{mapping.where}</code>
            </p>
          )}
        </div>
      )}
    </Card>
  );
}

interface CompareEvidence {
  rows_source?: number;
  rows_target?: number;
  rows_quarantined?: number;
  hash?: string;
  equal?: boolean;
}

function Evidence({ migration }: { migration: Migration }) {
  const step = migration.steps.find(one => one.action === 'compare');
  const { data } = useLoad(
    `evidence ${migration.id} ${step?.status ?? ''}`,
    async (client, signal) => (step && step.status === 'done' ? client.get('/migrations/{id}/tasks', { path: { id: migration.id }, query: { step: step.name, limit: 100 }, signal }) : null),
  );
  const evidence = data?.items.find(task => task.key === '' && task.phase === 'forward')?.evidence as CompareEvidence | undefined;
  if (!evidence) return null;
  return (
    <Card title="Proof: the rows were read back" tone={evidence.equal ? 'good' : 'bad'}>
      <Facts
        rows={[
          ['Verdict', evidence.equal ? 'equal: the same count, and the same sum of row hashes' : 'not equal'],
          evidence.rows_source !== undefined && ['Rows of the source', count(evidence.rows_source)],
          evidence.rows_target !== undefined && ['Rows of the target', count(evidence.rows_target)],
          ['Put aside', count(evidence.rows_quarantined ?? 0)],
          evidence.hash !== undefined && ['Sum of hashes', <Copy key="h" text={evidence.hash} />],
        ]}
      />
    </Card>
  );
}

function Approvals({ migration, document }: { migration: Migration; document: PlanDocument }) {
  const { quorum } = migration;
  return (
    <Card title="Approval" aside={`${quorum.given} of ${quorum.needed}${quorum.self_approval ? '' : ', not by its author'}`}>
      {migration.digest && (
        <p>
          <Copy text={migration.digest} />
        </p>
      )}
      {migration.approvals.length === 0 ? (
        <p className="honk-dim">Nobody has said yes to it yet.</p>
      ) : (
        <ul className="honk-yes">
          {migration.approvals.map((yes, i) => (
            <li key={i} className={yes.withdrawn_at_ms ? 'honk-withdrawn' : ''}>
              <Person identity={yes.actor} />
              <span>
                {yes.withdrawn_at_ms ? 'withdrew the yes of' : 'said yes'} {moment(yes.at_ms)}
                {yes.self && ' (is its author)'}
              </span>
              {yes.reason && <q>{yes.reason}</q>}
              <span className="honk-dim">policy: {yes.policy}</span>
            </li>
          ))}
        </ul>
      )}
      <details className="honk-details">
        <summary>It goes stale as soon as one of these changes</summary>
        <Facts rows={Object.entries(document.guards).map(([name, value]) => [guardWords[name] ?? name.replace(/_/g, ' '), <code key={name}>{value === null ? 'none' : value.startsWith('sha256:') ? value.slice(7, 19) : value}</code>] as const)} />
      </details>
      <p className="honk-dim">Asked for by {person(document.author)}.</p>
    </Card>
  );
}
