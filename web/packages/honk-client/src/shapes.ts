/* Short names for what the API speaks of, and the shapes of documents that OpenAPI leaves open (docs/formats/plan.md). */
import type { components } from './schema';

type Schemas = components['schemas'];
export type Who = Schemas['Who'];
export type Role = Schemas['Role'];
export type MigrationRow = Schemas['MigrationRow'];
export type Migration = Schemas['Migration'];
export type MigrationState = Schemas['State'];
export type Step = Schemas['Step'];
export type Task = Schemas['Task'];
export type Approval = Schemas['Approval'];
export type AllowedActions = Schemas['AllowedActions'];
export type Diagnostic = Schemas['Diagnostic'];
export type RolloutRow = Schemas['RolloutRow'];
export type Rollout = Schemas['Rollout'];
export type RolloutState = Schemas['RolloutState'];
export type Campaign = Schemas['Campaign'];
export type CampaignRow = Schemas['CampaignRow'];
export type CampaignReview = Schemas['CampaignReview'];
export type CampaignMember = Schemas['CampaignMember'];
export type ConsumerLine = Schemas['ConsumerLine'];
export type ConsumersSummary = Schemas['ConsumersSummary'];

export interface PlanStep {
  name: string;
  action: string;
  text: string;
  after: string[];
  uses: string[];
  irreversible: boolean;
  reverse: { action: string | null; text: string };
}

export interface PlanChange {
  consumer: string;
  owner: string;
  repository: string;
  /** Of a part of a repository's change: what it is called. */
  key?: string;
  deploy: string;
  found_by: string;
  blobs: Record<string, string>;
  counts: Record<Disposition, number>;
  classes: string[];
  reasons: { path: string; line: number; code: string; text: string }[];
  diff: string | null;
  /** The kind of host on which it is proposed. */
  host?: string;
  /** What its own file `.honk.yaml` asks for. */
  not_before?: string;
  hours?: string;
  draft?: boolean;
  limits?: { pulls?: number };
  merge?: 'auto';
  /** What a coding agent is let at. */
  coding?: { agent: string; door: string; rounds: number; files: string[]; sites: number };
  problem?: string;
}

export type Disposition = 'rewritten' | 'already' | 'unaffected' | 'needs_person' | 'unparsable';

export interface PlanService {
  service: string;
  consumer: string;
  owner: string;
  access: string;
  target?: string;
  group?: string;
  instances?: number;
  from?: { code: string | null; datasets: Record<string, string> } | null;
  to?: { code: string | null; datasets: Record<string, string> } | null;
  wave?: number;
  how?: string;
  estimate_ms?: number;
  problem?: string;
}

export interface PlanDocument {
  name: string;
  migration: string;
  author: string;
  owner: string;
  strategy: string;
  agent: string;
  fleet_group?: string;
  source?: { ref: string; url: string; driver: string };
  target?: { ref: string; url: string; driver: string; stage?: string; kept?: string };
  mapping?: {
    path: string;
    digest: string;
    text: string;
    columns: { target: string; rule: string; place: string; why: string }[];
    where?: string;
    dropped?: Record<string, { why?: string; link?: string }>;
  } | null;
  steps: PlanStep[];
  guards: Record<string, string | null>;
  consumers: { ref: string; owner: string; access: string; direct: boolean }[];
  changes?: PlanChange[];
  services?: PlanService[];
  consistency?: string;
  quarantine?: { rows_max: number; share_max_ppm: number; said?: boolean };
  soak_ms?: number;
  rollback_window_ms?: number;
  retention_ms?: number;
  irreversible: string[];
  risks: string[];
}

export interface PlanObservations {
  source_rows?: number;
  target_rows?: number;
  rows_per_s?: number;
  rate_measured?: boolean;
  estimate_ms?: number;
  rollback_ms?: number;
  forecast?: Forecast;
  places?: { columns: { target: string; place: string; why?: string }[]; note?: string };
  planned_at_ms?: number;
  /** By the keys of changes. */
  repositories?: Record<string, { branch: string; commit: string; queries?: { same: number; different: number; not_run: number }; back?: WayBack }>;
}

/** The way back of one repository's change, as it was tried when the plan was made. */
export interface WayBack {
  /** A commit that takes it out gives the very files of before. */
  reverts?: boolean;
  why_not?: string;
  /** By the inverse of the mapping, where there is one: how many files; of them to the byte as they are, in other words, left to people. */
  files?: number;
  same?: number;
  other?: number;
  left?: number;
  reasons?: { path: string; line: number; text: string }[];
}

export interface PlanAnswer {
  id: string;
  digest: string;
  plan: PlanDocument;
  observations?: PlanObservations | null;
}

/** About how many, and bounds that hold 95 times of 100. */
export interface Guess {
  about: number;
  low: number;
  high: number;
}

/** What a trial of some rows says about all of them; only `problem` where there was none. */
export interface Forecast {
  problem?: string;
  rows?: number;
  rows_read?: number;
  parts?: number;
  whole?: boolean;
  reasons?: { column: string | null; reason: string; rows: number }[];
  rows_out?: Guess;
  rejected?: Guess;
  bytes?: Guess;
}

/** What a rollout remembers (docs/formats/rollout.md); all of it may be missing before it begins. */
export interface RolloutProgress {
  step?: number;
  wanted?: number;
  from?: string;
  to?: string;
  old_count?: number;
  old_ready?: number;
  verdict?: string;
  /** The newest 60, oldest first. */
  checks?: { at_ms: number; verdict: string; asked: number; passed: number; slowest_ms: number }[];
  fails?: number;
  unclear?: number;
  bake_until_ms?: number;
  deadline_ms?: number;
  next_check_ms?: number;
  failed_ms?: number;
  safe_ms?: number;
  ready_since?: Record<string, number>;
  proven?: Record<string, boolean>;
  old_ids?: string[];
  completion?: string;
  duration_ms?: number;
}

export interface RolloutMove {
  at_ms: number;
  event: string;
  from: string;
  to: string;
  why: string;
  actor?: string;
}

export interface LineageEntity {
  ref: string;
  kind?: string;
  type?: string;
  owner?: string;
  depth: number;
  known: boolean;
}

export interface LineageSide {
  entities: LineageEntity[];
  edges: { from: string; to: string; type: string }[];
  truncated: boolean;
}
