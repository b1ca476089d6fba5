export interface Config {
  /** Where Honk is, and how Backstage is known there. */
  honk?: {
    /** Address of `honk serve`, as in "http://127.0.0.1:7420". */
    url: string;
    /**
     * A token of somebody with the role `delegate` (`honk login --new service:default/backstage`).
     * @visibility secret
     */
    token: string;
    /**
     * Under whose name `POST /agents/migrate` without credentials is recorded, as in "user:default/tutorial".
     * Without it such calls are refused.
     */
    anonymousAuthor?: string;
    /** Tell owners when a plan wants approval, halts or ends (false): needs the notifications plugin. */
    notifications?: boolean;
  };
}
