import type { components } from 'honk-client';
import { useState } from 'react';
import { useLoad } from '../data';
import { count, duration, plural, share, shortRef } from '../format';
import { Card, Failure, Meter, Skeleton } from '../parts/basics';
import type { Tone } from '../states';
import { CALM_MS, concerns } from './consumers';

type Told = components['schemas']['ConsumersNumbers'];
type Sites = components['schemas']['SitesNumbers'];
type Part = readonly [text: string, part: number, tone?: Tone];

/* In the words of `honk change numbers`. */
const ends = ({ ends: of }: Told): Part[] => [
  ['all of it changed by rules', of.by_rules, 'good'],
  ['all of it changed, some by a coding agent', of.by_agent, 'good'],
  ['some or all of it left to people', of.refused, 'waits'],
  ['nothing to change', of.unaffected, 'good'],
  ['not there yet', of.open, 'moves'],
  ['left out by somebody', of.left_out, 'over'],
  ['taken back', of.taken_back, 'back'],
  ['whose code is not known', of.no_code, 'over'],
];
const places = ({ sites: of }: Told): Part[] => [
  ['changed by rules', of.by_rules, 'good'],
  ['changed by a coding agent', of.by_agent, 'good'],
  ['left to people', of.left, 'waits'],
  ['to be changed', of.open, 'moves'],
  ['changed back', of.taken_back, 'back'],
  ['done already', of.already, 'good'],
  ['not concerned', of.unaffected, 'over'],
];
const branches = ({ verified, pulls }: Told): Part[] => [
  ['looked through again by rules', verified.rules, 'good'],
  ['old and new queries gave the same rows', verified.queries, 'good'],
  ['their own checks passed', verified.checks, 'good'],
  ['built by their host before they were proposed', verified.builds ?? 0, 'good'],
  ['proposed on their host', pulls.opened, 'moves'],
];
const proposals = ({ pulls }: Told): Part[] => [
  ['open there', pulls.open, 'waits'],
  ['merged untouched', pulls.merged_untouched, 'good'],
  ['merged with commits of people', pulls.merged_repaired, 'good'],
  ['closed', pulls.closed, 'bad'],
  ['reverted', pulls.reverted, 'back'],
];

/** What became of consumers and the places in their code, each with what it is a part of. Counted when somebody looks. */
export function Numbers({ migration, q }: { migration?: string; q: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Card
      title={
        <button type="button" className="honk-owner" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span className="honk-caret" aria-hidden="true" />
          What became of them, in numbers
        </button>
      }
    >
      {isOpen && <Tables migration={migration} q={q} />}
    </Card>
  );
}

function Tables({ migration, q }: { migration?: string; q: string }) {
  const { data, error, reload } = useLoad(
    `numbers ${migration ?? ''} ${q}`,
    (client, signal) => client.get('/consumers/numbers', { query: { migration, q }, signal }),
    event => concerns(event, migration),
    CALM_MS,
  );
  if (!data) return error ? <Failure error={error} onRetry={reload} what="The numbers" /> : <Skeleton rows={5} label="counting" />;
  const { agent } = data;
  return (
    <div className="honk-numbers">
      <Shares title="Consumers" parts={ends(data)} all={data.consumers} />
      <Shares title="Places in their code" parts={places(data)} all={data.sites.all} />
      <Shares title="Branches" parts={branches(data)} all={data.verified.rules} />
      <Shares title="Pull requests" parts={proposals(data)} all={data.pulls.opened} />
      {agent.consumers > 0 && (
        <p>
          The coding agent did {count(agent.done)} of {plural(agent.consumers, 'consumer')} in {plural(agent.rounds, 'round')}: {duration(agent.ms)}, {plural(agent.tokens, 'token')}, $
          {(agent.cost_micro_usd / 1e6).toFixed(2)}.
        </p>
      )}
      <BySites head="Language" rows={data.languages.map(one => [one.language, one.sites, one.consumers])} />
      <BySites head="Owner" rows={data.owners.map(one => [shortRef(one.owner) || 'nobody', one.sites, one.consumers])} />
    </div>
  );
}

function Shares({ title, parts, all }: { title: string; parts: readonly Part[]; all: number }) {
  const some = parts.filter(([, part]) => part > 0);
  if (some.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul className="honk-shares">
        {some.map(([text, part, tone]) => (
          <li key={text}>
            <span>{text}</span>
            <span>
              <strong>{count(part)}</strong> <span className="honk-dim">of {count(all)}, {Math.round(share(part, all) * 100)}%</span>
            </span>
            <Meter done={part} total={all} label={`${title}: ${text}`} tone={tone} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Where nothing is left the eye should find nothing. */
const left = (n: number) => (n > 0 ? <strong className="honk-tone-waits">{count(n)}</strong> : '0');

function BySites({ head, rows }: { head: string; rows: readonly (readonly [string, Sites, number?])[] }) {
  if (rows.length === 0) return null;
  const hasConsumers = rows.some(([, , consumers]) => consumers !== undefined);
  return (
    <div className="honk-scroll" tabIndex={0} role="region" aria-label={`by ${head.toLowerCase()}`}>
      <table className="honk-data">
        <thead>
          <tr>
            {[head, ...(hasConsumers ? ['consumers'] : []), 'places', 'by rules', 'by agent', 'left to people'].map(name => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, sites, consumers]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {hasConsumers && <td>{count(consumers ?? 0)}</td>}
              <td>{count(sites.all)}</td>
              <td>{count(sites.by_rules)}</td>
              <td>{count(sites.by_agent)}</td>
              <td>{left(sites.left)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
