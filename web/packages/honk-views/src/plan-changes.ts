import type { PlanDocument } from 'honk-client';
import { placesText } from 'honk-client/words';
import { plural, shortRef } from './format';

export interface PlanChangeLine {
  what: string;
  before?: string;
  after?: string;
}

/** What makes a plan stale when it changes. */
export const guardWords: Record<string, string> = {
  source_schema: 'the schema of the source',
  target_schema: 'the schema of the target',
  mapping: 'the mapping file',
  policy: 'the policy',
  consumers: 'who reads or writes the source',
  changes: "the consumers' code",
  services: 'what services run',
  strategy: 'the strategy',
  agent: 'the agent',
};

/** What is different between two plans of one migration, for a reviewer who read the first. */
export function planChanges(before: PlanDocument, after: PlanDocument): PlanChangeLine[] {
  const lines: PlanChangeLine[] = [];
  const put = (what: string, old: string | undefined, now: string | undefined) => {
    if (old !== now) lines.push({ what, before: old, after: now });
  };
  put('source', before.source?.url, after.source?.url);
  put('target', before.target?.url, after.target?.url);
  put('strategy', before.strategy, after.strategy);
  put('asked for by', before.author, after.author);

  const columns = (plan: PlanDocument) => new Map((plan.mapping?.columns ?? []).map(column => [column.target, column.rule]));
  both(columns(before), columns(after), (name, old, now) => put(`column ${name}`, old, now));

  const steps = (plan: PlanDocument) => new Map(plan.steps.map(step => [step.name, `${step.text}; back: ${step.reverse.text}`]));
  both(steps(before), steps(after), (name, old, now) => put(`step ${name}`, old, now));

  const consumers = (plan: PlanDocument) => new Map(plan.consumers.map(one => [`${shortRef(one.ref)}, ${one.access}`, one.owner]));
  both(consumers(before), consumers(after), (name, old, now) => put(`consumer ${name}`, old, now));

  const code = (plan: PlanDocument) => new Map((plan.changes ?? []).map(change => [change.key ?? change.repository, counted(change.counts)]));
  both(code(before), code(after), (name, old, now) => put(`code ${name}`, old, now));

  const services = (plan: PlanDocument) => new Map((plan.services ?? []).map(one => [one.service, `${one.how ?? one.problem ?? ''}; wave ${one.wave ?? '–'}`]));
  both(services(before), services(after), (name, old, now) => put(`service ${name}`, old, now));

  const risks = (plan: PlanDocument) => new Map(plan.risks.map(risk => [risk, risk]));
  both(risks(before), risks(after), (name, old, now) => put('risk', old && name, now && name));

  if (lines.length === 0)
    for (const [guard, value] of Object.entries(after.guards))
      if (before.guards[guard] !== value) lines.push({ what: guardWords[guard] ?? guard, after: 'changed, and with it nothing that is shown here' });
  return lines.map((line, i) => (lines.findIndex(other => other.what === line.what) === i ? line : { ...line, what: `${line.what} (${i})` }));
}

function both(before: Map<string, string>, after: Map<string, string>, put: (name: string, old?: string, now?: string) => void): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) put(name, before.get(name), after.get(name));
}

const counted = (counts: Record<string, number>): string => placesText(counts) || plural(0, 'place');
