/* Refusals in Honk's own form (docs/formats/api.md), so that its views say them as they say Honk's. */
import type { Response } from 'express';

interface Problem {
  status: number;
  title: string;
  code: string;
  then: 'retry' | 'ask' | 'give_up';
  detail: string;
  hint?: string;
}

export function sendProblem(response: Response, problem: Problem): void {
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: `urn:honk:problem:${problem.code}`, ...problem }));
}
