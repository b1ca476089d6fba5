import type { Migration, PlanAnswer, Step } from 'honk-client';
import { count, duration, share } from './format';

/** Steps that wait for the end of the rollback window are no part of the way there. */
const isLast = (step: Step): boolean => step.action === 'settle' || step.action === 'retire';
const isBehind = (step: Step): boolean => ['done', 'skipped', 'not_applied', 'irreversible'].includes(step.status);

export interface Far {
  done: number;
  total: number;
  /** What is being done now, for people. */
  text: string;
  etaMs?: number;
}

/** How far it is, in steps; of the one that runs its own share counts. */
export function stepsDone(migration: Migration): Far {
  const isBack = migration.state === 'rolling_back' || migration.state === 'rolled_back';
  const steps = migration.steps.filter(step => !isLast(step));
  const concerned = isBack ? steps.filter(step => step.phase === 'reverse') : steps;
  const now = concerned.find(step => step.status === 'leased' || step.status === 'waiting' || step.status === 'failed') ?? concerned.find(step => step.status === 'ready');
  const done = concerned.filter(step => (isBack ? step.status === 'reversed' || isBehind(step) : isBehind(step))).length;
  const part = now && !isBack ? share(now.progress.done, now.progress.total) : 0;
  return {
    done: done + part,
    total: Math.max(concerned.length, 1),
    text: now ? stepText(now, isBack) : isBack ? 'putting things back' : migration.state === 'preflight' ? 'looking for drift' : (migration.reason ?? ''),
    etaMs: now?.progress.eta_ms,
  };
}

export function stepText(step: Step, isBack = false): string {
  const { done, total, unit, rate, eta_ms } = step.progress;
  if (isBack) return `taking back ${step.name}`;
  if (total === 0) return step.name;
  const parts = [`${step.name}: ${count(done)} of ${count(total)} ${unit ?? ''}`.trim()];
  if (rate > 0 && unit === 'rows') parts.push(`${count(rate)}/s`);
  if (eta_ms !== undefined) parts.push(`${duration(eta_ms)} left`);
  return parts.join(', ');
}

/** Steps that a rollback still has to undo, newest first. */
export const whatIsUndone = (migration: Migration): { name: string; text: string }[] =>
  migration.steps
    .filter(step => step.reverse_text && step.reverse_text !== 'nothing to undo' && step.started_at_ms !== undefined)
    .filter(step => (step.phase === 'reverse' ? !isBehindBack.includes(step.status) : step.status !== 'blocked' && !isNoEffect.includes(step.status)))
    .reverse()
    .map(step => ({ name: step.name, text: step.reverse_text! }));

const isNoEffect: readonly string[] = ['skipped', 'not_applied', 'irreversible'];
const isBehindBack: readonly string[] = [...isNoEffect, 'reversed'];

/**
 * How long a way back takes, in sentences: of the data as the plan measured it, of the services as long as they took on their way there.
 * Whoever is asked for a yes is always told, and where nobody can know it, that.
 */
export function rollbackTimes(migration: Migration, plan: PlanAnswer | undefined): string[] {
  if (whatIsUndone(migration).length === 0) return [];
  const data = plan?.observations?.rollback_ms;
  const said = [
    plan === undefined
      ? 'How long that takes is being read from the plan.'
      : data === undefined
        ? 'How long the data takes was not measured when it was planned.'
        : `The data takes about ${duration(data)}.`,
  ];
  const began = migration.steps.find(step => step.action === 'rollout' && step.started_at_ms !== undefined);
  if (!began) return said;
  const bits = ': they are given back bit by bit, too.';
  const planned = wavesMs(plan?.plan.services ?? []);
  if (began.phase === 'forward' && began.ended_at_ms !== undefined) said.push(`The services take about ${duration(began.ended_at_ms - began.started_at_ms!)}, as their rollout did${bits}`);
  else if (planned !== undefined) said.push(`The services take about ${duration(planned)}, as was planned for their rollout${bits}`);
  else if (plan !== undefined) said.push(`How long the services take nobody has measured${bits}`);
  return said;
}

/** Services of a wave go together, waves one after another. */
function wavesMs(services: readonly { wave?: number; estimate_ms?: number }[]): number | undefined {
  const waves = new Map<number, number>();
  for (const { wave = 0, estimate_ms = 0 } of services) waves.set(wave, Math.max(waves.get(wave) ?? 0, estimate_ms));
  const sum = [...waves.values()].reduce((a, b) => a + b, 0);
  return sum > 0 ? sum : undefined;
}
