import type { Migration, Step } from 'honk-client';
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
