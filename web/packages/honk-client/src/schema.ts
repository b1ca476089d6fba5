/* Made from api/openapi.yaml by web/tools/types.mjs (npm run types): do not edit. */
export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** show what this is */
        get: operations["home"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** tell that the server lives */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * tell that the server does its work
         * @description 503 while it starts and while it stops.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** read the metrics as Prometheus text */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/assets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * load a file of the portal
         * @description Its name holds a hash of its content, so it may be kept for good. Compressed as the browser wishes; 304 for an `ETag` that is known.
         */
        get: operations["asset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * log in to the portal
         * @description A token becomes a cookie (`HttpOnly`, `SameSite=Strict`) that stands for who has it, for 12 hours, until the token is revoked or
         *     runs out. Needs the header `Honk-Portal`, as every write by cookie does. In a demo, `person` goes on as another one of its people.
         *
         */
        post: operations["logIn"];
        /** log out of the portal */
        delete: operations["logOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** tell who one is, and with which roles */
        get: operations["whoami"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/agents/migrate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * plan a migration (the tutorial's call)
         * @description Only plans. Approving and starting are separate acts.
         */
        post: operations["migrate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * list migrations
         * @description Newest first.
         */
        get: operations["listMigrations"];
        put?: never;
        /** plan a migration */
        post: operations["planMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        /**
         * read a migration
         * @description Everything that a screen needs. `seq` is where to begin to follow its events.
         */
        get: operations["readMigration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        /**
         * read a migration's plan
         * @description 404 while there is none; the migration's `diagnostics` then say why.
         */
        get: operations["readPlan"];
        put?: never;
        /**
         * plan a migration again
         * @description A new plan with an id of its own, asked for by whoever calls; the old one stays as it is.
         */
        post: operations["planAgain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        /**
         * compare a migration's forecast with its outcome
         * @description `forecast` is what a trial of some rows said when the plan was made (docs/formats/plan.md); null where no rows move. `outcome` is null
         *     until the rows are in.
         *
         */
        get: operations["readReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * approve a plan by its digest
         * @description A yes to exactly that digest. The author may not, unless the policy says so; the plan is `approved` once the quorum of distinct
         *     people is reached. If a guard changed, the plan becomes `stale` instead and the answer is 409 `drift` with `differences`.
         *
         */
        post: operations["approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** withdraw one's approval */
        post: operations["withdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** reject a plan */
        post: operations["reject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * start an approved plan
         * @description Refused inside a freeze of the policy. If a guard changed, the plan becomes `stale` (409 `drift`).
         */
        post: operations["start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * pause a migration
         * @description No new leases; what runs finishes.
         */
        post: operations["pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * resume a migration
         * @description Drift is looked for again. From `halted` a reason is needed.
         */
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** cancel a migration that had no effect */
        post: operations["cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/halt": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * halt a migration
         * @description The kill switch. No new leases, and running work is asked to stop.
         */
        post: operations["halt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * roll a migration back
         * @description From every state that has had an effect. Asking twice is the same as asking once. With a scope, only these steps and all that stand on them go back: the running migration pauses, and goes on with the rest when it is resumed.
         */
        post: operations["rollback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/throttle": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * change how fast a migration's rows move
         * @description What the body names is changed, 0 or an empty text takes a limit away, the rest stays. Rates are of the whole migration, and shared by the workers that move its rows; they hear of it with their next heartbeat.
         */
        post: operations["throttle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/pace": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * change how a migration's changes of code go out
         * @description What the body names is changed, the rest stays. A consumer whose change failed is left to people while the others go on, as long as no more than `max_failures` are; a plan that stopped at one too many goes on when it is resumed after this.
         */
        post: operations["pace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/hold": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** hold a rollback that does harm */
        post: operations["hold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/go-on": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** go on with a held rollback */
        post: operations["goOn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/retire": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * retire the old dataset, for good
         * @description The yes to the one step without a way back, once the rollback window is over.
         */
        post: operations["retire"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/accept-mixed": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * accept a mixed state
         * @description Two people have to; the second one's yes closes the migration.
         */
        post: operations["acceptMixed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        /** follow a migration's events */
        get: operations["followMigration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/migrations/{id}/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        /** list a migration's tasks */
        get: operations["listTasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rollouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * list rollouts
         * @description Of the newest plans first. What is not approved yet is no rollout.
         */
        get: operations["listRollouts"];
        put?: never;
        /**
         * roll a service out (the tutorial's call)
         * @description With a `migration_id` whose approved, running plan covers the service: the id of that plan's rollout, which is `pending` until its
         *     turn comes; asking again gives the same id. What disagrees with the approved plan is refused (409), with what was approved.
         *     That takes the role `author` or `operator`; anything else is a rollout of its own, and takes the role `operator`. When as many wait as may: 429 with `Retry-After`.
         *
         */
        post: operations["rollOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rollouts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        /** read a rollout */
        get: operations["readRollout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rollouts/{id}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * let a rollout go on that waits for a person
         * @description From a gate, a pause or a freeze; with `full` to all instances at once, past every step and gate that is left.
         *
         */
        post: operations["promoteRollout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rollouts/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * pause a rollout
         * @description It stays as it is; what was begun is not undone.
         *
         */
        post: operations["pauseRollout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rollouts/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * resume a rollout
         * @description It goes on where it was.
         *
         */
        post: operations["resumeRollout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rollouts/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * try a rollout again that failed
         * @description One that is `degraded` tries at once to restore what was. One that failed and went back begins anew, as soon as its plan goes on.
         *
         */
        post: operations["retryRollout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/rollouts/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * roll a service back to the revision before
         * @description Asking twice is asking once. One service of a migration goes back alone only while the rest of the migration does not stand on it;
         *     else the answer says what to roll back. Poll the rollout to its end.
         *
         */
        post: operations["rollbackRollout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/consumers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * list who reads or writes what moves
         * @description Of the newest plan of each migration that is not over, or of one that is named, newest first. `stand` says what is left:
         *     `done` nothing, `person` somebody has to do something, `open` Honk does it when its turn comes, `over` its plan is.
         *
         */
        get: operations["listConsumers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/consumers/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * count who reads or writes what moves
         * @description The same consumers, counted by what is left and by owner, and how many were left over time.
         */
        get: operations["countConsumers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/consumers/numbers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * count what became of them, each with what it is a part of
         * @description Of the same consumers: what became of them (`ends` add up to `consumers`), of the places in their code (`sites`), how that was
         *     verified, what became of pull requests, and what coding agents used; of all, by owner, and places by language.
         *
         */
        get: operations["countEnds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * list campaigns
         * @description Newest first.
         */
        get: operations["listCampaigns"];
        put?: never;
        /**
         * begin a campaign
         * @description From its entity (docs/formats/campaign.md): the migrations that it names or selects now are its members. Nothing is planned yet.
         *     409 while one of the same name is under way.
         *
         */
        post: operations["beginCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        /** read a campaign */
        get: operations["readCampaign"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        /** list the migrations of a campaign */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * plan the migrations of a campaign
         * @description Up to a hundred of those that have no plan that counts (none yet, failed, stale, expired, rejected); ask again while some are
         *     `left`. What cannot even be asked for is in `problems`, and keeps nobody else waiting.
         *
         */
        post: operations["planCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/review": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        /**
         * read a campaign's plans by class of change
         * @description Plans that wait for a yes. A class is what is left of a plan when the names are taken out of it; each has one example in full, and
         *     the places at which it differs from the first. `digest` names the canonical JSON of the sorted list of their digests; that list
         *     is the blob of this name.
         *
         */
        get: operations["reviewCampaign"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * approve the plans of a campaign by their digest
         * @description A yes to each plan in the list that the digest names, under the same rules as for one. What was planned again since, or whose guards
         *     changed, is `not_covered`; what is in no state to be approved is in `exceptions`. A digest that nobody was shown, or a short
         *     one that is not that of now, is 409 `mismatch`.
         *
         */
        post: operations["approveCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * reject the plans of a campaign
         * @description Only before anything moved; the campaign is cancelled.
         */
        post: operations["rejectCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * start a campaign
         * @description Its approved plans start wave by wave, as there are places. Refused inside a freeze of the policy.
         */
        post: operations["startCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * pause a campaign
         * @description Nothing new starts; what runs pauses when its parts are done.
         */
        post: operations["pauseCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * resume a campaign
         * @description What was paused with it goes on. From a halt it takes a reason; what failed so far is forgiven.
         */
        post: operations["resumeCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/throttle": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * throttle a campaign
         * @description How fast the rows of its migrations may move. What the body names is changed, 0 or an empty text takes a limit away, the rest stays. Rates are of all its migrations together, and shared by the workers that move their rows; each migration keeps its own limits, too, and the lower one holds.
         */
        post: operations["throttleCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/halt": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * halt a campaign
         * @description Nothing new starts; what runs is asked to stop.
         */
        post: operations["haltCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * cancel a campaign that moved nothing
         * @description All its plans are cancelled.
         */
        post: operations["cancelCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/campaigns/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * roll a campaign back
         * @description What has moved goes back, the last first, as many at once as the campaign's limit says; the rest is cancelled. Asking twice is the same
         *     as asking once; asked in `needs_operator`, what failed is tried again.
         *
         */
        post: operations["rollbackCampaign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/lease": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * lease a task
         * @description Waits up to `wait_ms` for one; 204 when none came up.
         */
        post: operations["lease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        /** read a task */
        get: operations["readTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** extend a lease */
        post: operations["heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/intent": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * write down the world before an effect
         * @description On disk when this is answered. 409 `fenced` when the token is old.
         */
        post: operations["intent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** report how a task ended */
        post: operations["report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** try a failed task again */
        post: operations["retryTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * skip a failed task
         * @description Only where nothing was applied. A proposal of a change, however far it came, is told to its worker, which closes its pull request with the reason; it is done then.
         */
        post: operations["skipTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}/done": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** say that a failed task is done */
        post: operations["doneTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/entities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** list entities */
        get: operations["listEntities"];
        put?: never;
        /**
         * register entities
         * @description One or more documents, YAML or JSON. All of them are checked before any is taken; a refusal has `diagnostics` with file and
         *     line. An entity that did not change makes no event. In a list, an item may be `{file, entity}`: then paths in it count from that file.
         *
         */
        post: operations["applyEntities"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/entities/{kind}/{namespace}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                kind: string;
                namespace: string;
                name: string;
            };
            cookie?: never;
        };
        /** read an entity */
        get: operations["readEntity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/lineage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** walk the lineage of an entity */
        get: operations["lineage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * follow or read all events
         * @description 503 `limit` when 1,024 streams are open; pages are always answered.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** list limits, and what is in use */
        get: operations["listLimits"];
        /**
         * change a limit
         * @description At once, also while tasks run; who holds a slot keeps it.
         */
        put: operations["changeLimit"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * tell that something happened to a pull request
         * @description Sent by the host of the repositories `name` of honk.yaml, and known by its signature alone (docs/changes.md). Whoever waits for a pull request of the repository that it names looks at it now; nothing else of what it says is used. The same body again does nothing.
         */
        post: operations["takeWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * list tokens
         * @description Never the secrets, which nobody keeps.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * make a token
         * @description The secret is shown here and never again, so an idempotency key has no effect.
         */
        post: operations["makeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** revoke a token */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/blobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * store a blob
         * @description Named by its content; at most 64 MiB. Storing it again is nothing new.
         */
        post: operations["storeBlob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/blobs/{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                digest: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        /** read a blob */
        get: operations["readBlob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Who: {
            identity: components["schemas"]["Identity"];
            /** @description who acts under that name */
            via?: components["schemas"]["Identity"];
            roles: components["schemas"]["Role"][];
            /** @description of the portal; absent when a token or the socket says who it is */
            session?: {
                expires_at_ms: components["schemas"]["Time"];
                /** @description as whom one may go on, in a demo; else empty */
                people: components["schemas"]["Identity"][];
            };
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            instance?: string;
            /** @enum {unknown} */
            code: "invalid" | "too_large" | "unsupported" | "unauthorized" | "forbidden" | "not_found" | "wrong_state" | "drift" | "mismatch" | "budget" | "limit" | "transient" | "unreachable" | "no_space" | "fenced" | "stopped" | "corrupt" | "internal";
            /** @enum {unknown} */
            then: "give_up" | "retry" | "replan" | "ask" | "stop";
            /** @description how to go on */
            hint?: string;
            /** @description what moved */
            differences?: string[];
            diagnostics?: components["schemas"]["Diagnostic"][];
            allowed_actions?: components["schemas"]["AllowedActions"];
            /** @description of a rollout: what the approved plan says */
            approved?: Record<string, never>;
        };
        /** @enum {unknown} */
        Role: "viewer" | "author" | "approver" | "operator" | "worker" | "admin" | "delegate";
        /** @description `local`, `uid:1001`, `user:default/ada`, `service:default/backstage`, `worker:…` */
        Identity: string;
        /** @description `kind:namespace/name`, in lower case */
        Ref: string;
        MigrationId: string;
        TokenId: string;
        Digest: string;
        /** @description a sentence for people */
        Reason: string;
        /** @description milliseconds since 1970, UTC */
        Time: number;
        /** @description number of an event */
        Seq: number;
        /** @description of the lease; an old one is refused */
        Token: number;
        Next: string | null;
        /** @enum {unknown} */
        State: "draft" | "planned" | "approved" | "preflight" | "running" | "paused" | "halted" | "soaking" | "succeeded" | "rolling_back" | "rolled_back" | "needs_operator" | "retiring" | "closed" | "stale" | "rejected" | "expired" | "cancelled" | "closed_mixed";
        /** @enum {unknown} */
        Status: "blocked" | "ready" | "leased" | "waiting" | "retry_wait" | "unknown" | "done" | "skipped" | "failed" | "not_applied" | "irreversible";
        /** @enum {unknown} */
        Phase: "forward" | "reverse";
        /** @enum {unknown} */
        RolloutState: "pending" | "admitted" | "preparing" | "stepping" | "analysing" | "paused" | "promoting" | "soaking" | "healthy" | "aborting" | "frozen" | "degraded" | "rolled_back" | "skipped" | "superseded";
        /** @description PLAN.SERVICE: known as soon as the plan is approved */
        RolloutId: string;
        /** @description what a service runs */
        Revision: {
            /** @description a commit of its repository */
            code?: string | null;
            /** @description variable of its configuration: address of a dataset */
            datasets?: {
                [key: string]: string;
            };
        } | null;
        RolloutRequest: {
            service: string;
            migration_id?: string;
            /** @description canary, blue-green or rolling */
            rollout_strategy?: string;
            max_instances?: number;
            /** @description what it leaves out stays as it runs now; a service that never ran gets the newest code and the datasets of honk.yaml */
            revision?: Record<string, never>;
            reason?: components["schemas"]["Reason"];
        };
        RolloutTold: {
            rollout_id: components["schemas"]["RolloutId"];
            service: string;
            state: components["schemas"]["RolloutState"];
            migration_id?: components["schemas"]["MigrationId"];
        };
        RolloutRow: {
            rollout_id: components["schemas"]["RolloutId"];
            service: string;
            state: components["schemas"]["RolloutState"];
            since_ms: components["schemas"]["Time"];
            why: string;
            plan: components["schemas"]["MigrationId"];
            migration_id?: components["schemas"]["MigrationId"];
            migration?: components["schemas"]["Ref"];
            task?: string;
            target?: string;
            group?: string;
            wave?: number;
            rollout_strategy?: string;
            max_instances?: number;
            revision: {
                from?: components["schemas"]["Revision"];
                to?: components["schemas"]["Revision"];
            };
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
        };
        Rollout: {
            rollout_id: components["schemas"]["RolloutId"];
            service: string;
            state: components["schemas"]["RolloutState"];
            since_ms: components["schemas"]["Time"];
            why: string;
            plan: components["schemas"]["MigrationId"];
            migration_id?: components["schemas"]["MigrationId"];
            migration?: components["schemas"]["Ref"];
            task?: string;
            target?: string;
            group?: string;
            wave?: number;
            rollout_strategy?: string;
            max_instances?: number;
            revision: {
                from?: components["schemas"]["Revision"];
                to?: components["schemas"]["Revision"];
            };
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
            /** @description what would move it, and who may; null at the end */
            next: {
                text: string;
                role: components["schemas"]["Role"];
                who?: string;
                at_ms?: components["schemas"]["Time"];
            } | null;
            allowed_actions: components["schemas"]["AllowedActions"];
            /** @description steps, instances and checks so far (docs/formats/rollout.md); empty before it has begun */
            progress: Record<string, never>;
            /** @description its moves so far */
            events: Record<string, never>[];
            actor?: string;
        };
        ConsumerLine: {
            plan: components["schemas"]["MigrationId"];
            migration: components["schemas"]["Ref"];
            /** @description of its plan */
            state: string;
            /** @enum {string} */
            stand: "done" | "person" | "open" | "over";
            why: string;
            since_ms: components["schemas"]["Time"];
            consumer: components["schemas"]["Ref"];
            owner: string;
            access: ("reads" | "writes")[];
            /** @description where it has code that Honk may change, with what follows */
            repository?: string;
            /** @description of a repository whose change is split, which part this line is about: acme:mono#identity */
            key?: string;
            /** @description places that rules change */
            rewritten?: number;
            /** @description places that rules leave */
            left?: number;
            /** @description the first of them */
            reasons?: {
                path: string;
                line: number;
                code: string;
                text: string;
            }[];
            /** @description why nobody could look through it */
            problem?: string;
            branch?: string;
            /** @description what a coding agent did (docs/agents.md); `report` is the digest of all that was tried */
            coding?: {
                [key: string]: unknown;
            };
            /** @description its pull request (docs/changes.md) */
            pull?: {
                number?: number;
                url?: string;
                /** @description open, merged, closed, or none */
                state?: string;
                checks?: string;
            };
        };
        ConsumersSummary: {
            done: number;
            person: number;
            open: number;
            over: number;
            /** @description who has most to do first */
            owners: {
                owner: string;
                done: number;
                person: number;
                open: number;
                over: number;
            }[];
            /** @description at most 200 points, oldest first */
            burndown: {
                at_ms: components["schemas"]["Time"];
                left: number;
            }[];
        };
        ConsumersNumbers: {
            consumers: number;
            ends: components["schemas"]["EndsNumbers"];
            sites: components["schemas"]["SitesNumbers"];
            /** @description branches whose changes were looked through again by rules; whose old and new queries gave the same rows; whose own checks passed; which their host built before they were proposed */
            verified: {
                rules: number;
                queries: number;
                checks: number;
                builds?: number;
            };
            /** @description `merged_repaired` were merged with commits of people; `reverted` were merged before */
            pulls: {
                opened: number;
                open: number;
                merged_untouched: number;
                merged_repaired: number;
                closed: number;
                reverted: number;
            };
            /** @description consumers that a coding agent was let at and those of them that it did; rounds, tokens, millionths of a US dollar, milliseconds */
            agent: {
                consumers: number;
                done: number;
                rounds: number;
                tokens: number;
                cost_micro_usd: number;
                ms: number;
            };
            /** @description rounds in which a judge had an opinion, and agreed with gate and checks; `lenient` it would have let pass, `strict` refused */
            judge: {
                asked: number;
                agreed: number;
                lenient: number;
                strict: number;
            };
            owners: {
                owner: string;
                consumers: number;
                sites: components["schemas"]["SitesNumbers"];
            }[];
            languages: {
                /** @description sql, dbt, python, … */
                language: string;
                /** @description with places in it; one may count in several languages */
                consumers: number;
                ends: components["schemas"]["EndsNumbers"];
                sites: components["schemas"]["SitesNumbers"];
            }[];
        };
        /** @description how many consumers ended so; `refused` have places that are left to people, of `no_code` nobody said where their code is */
        EndsNumbers: {
            no_code: number;
            unaffected: number;
            by_rules: number;
            by_agent: number;
            refused: number;
            left_out: number;
            taken_back: number;
            open: number;
        };
        /** @description places, which add up to `all`; `open` are to be changed yet, `left` are people's, also of those that were left out or failed */
        SitesNumbers: {
            all: number;
            by_rules: number;
            by_agent: number;
            left: number;
            already: number;
            unaffected: number;
            open: number;
            taken_back: number;
        };
        /** @description what the one who asks may do now, and why not the rest */
        AllowedActions: {
            [key: string]: {
                allowed: boolean;
                why?: string;
                needs?: components["schemas"]["Role"];
            };
        };
        Diagnostic: {
            /** @enum {unknown} */
            level: "error" | "warning" | "note";
            code?: string;
            file?: string | null;
            line?: number;
            column?: number;
            message: string;
        };
        MigrateRequest: {
            entityRef: string;
            source?: string;
            target?: string;
        };
        PlanRequest: {
            entity: string;
            source?: string;
            target?: string;
            reason?: components["schemas"]["Reason"];
        };
        CampaignId: string;
        /** @enum {unknown} */
        CampaignStateName: "review" | "running" | "paused" | "halted" | "succeeded" | "rolling_back" | "rolled_back" | "needs_operator" | "cancelled";
        /** @enum {unknown} */
        MemberState: "unplanned" | "draft" | "planned" | "approved" | "preflight" | "running" | "paused" | "halted" | "soaking" | "succeeded" | "rolling_back" | "rolled_back" | "needs_operator" | "retiring" | "closed" | "stale" | "rejected" | "expired" | "cancelled" | "closed_mixed";
        CampaignRow: {
            id: components["schemas"]["CampaignId"];
            ref: components["schemas"]["Ref"];
            /** @description without kind and namespace */
            name: string;
            state: components["schemas"]["CampaignStateName"];
            since_ms: components["schemas"]["Time"];
            /** @description why it is in this state */
            reason?: string;
            actor?: components["schemas"]["Identity"];
            author: components["schemas"]["Identity"];
            owner: string;
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
        };
        CampaignMember: {
            migration: components["schemas"]["Ref"];
            owner: string;
            plan?: components["schemas"]["MigrationId"];
            state: components["schemas"]["MemberState"];
            reason?: string;
            since_ms?: components["schemas"]["Time"];
            /** @description how manieth of the campaign it was started */
            start_n?: number;
            /** @description it failed */
            excused: boolean;
        };
        CampaignException: {
            migration: components["schemas"]["Ref"];
            plan?: components["schemas"]["MigrationId"];
            state: components["schemas"]["MemberState"];
            reason?: string;
        };
        CampaignReview: {
            id: components["schemas"]["CampaignId"];
            ref: components["schemas"]["Ref"];
            /** @description without kind and namespace */
            name: string;
            state: components["schemas"]["CampaignStateName"];
            since_ms: components["schemas"]["Time"];
            /** @description why it is in this state */
            reason?: string;
            actor?: components["schemas"]["Identity"];
            author: components["schemas"]["Identity"];
            owner: string;
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
            digest?: components["schemas"]["Digest"];
            planned: number;
            /** @description the greatest first */
            classes: {
                class: components["schemas"]["Digest"];
                count: number;
                members: string[];
                owners: {
                    [key: string]: number;
                };
                example: {
                    digest: components["schemas"]["Digest"];
                    plan: Record<string, never>;
                };
                /** @description from the first class, at most 8 */
                differences: {
                    at: string;
                    /** @description in the first */
                    here: string;
                    /** @description in this one */
                    there: string;
                }[];
            }[];
            /** @description members whose plan does not wait for a yes, at most 200 */
            exceptions: components["schemas"]["CampaignException"][];
            /** @description exceptions in all */
            others: number;
        };
        Campaign: {
            id: components["schemas"]["CampaignId"];
            ref: components["schemas"]["Ref"];
            /** @description without kind and namespace */
            name: string;
            state: components["schemas"]["CampaignStateName"];
            since_ms: components["schemas"]["Time"];
            /** @description why it is in this state */
            reason?: string;
            actor?: components["schemas"]["Identity"];
            author: components["schemas"]["Identity"];
            owner: string;
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
            /** @description how many members are in which state */
            states: {
                [key: string]: number;
            };
            progress: {
                done: number;
                total: number;
                /** @description at the average speed so far */
                eta_ms?: number;
            };
            started: number;
            wave: {
                now: number;
                of: number;
                /** @description so many may start before all of them must have succeeded; absent in the last */
                until?: number;
            };
            failures_allowed: number;
            throttle?: components["schemas"]["Throttle"];
            /** @description who waits for what; at most 50 */
            waits: {
                owner: string;
                count: number;
                why: string;
            }[];
            /** @description members that a person has to look at, at most 20 */
            trouble: components["schemas"]["CampaignMember"][];
            trouble_count: number;
            /** @description members that workers are at, at most 20 */
            moving: components["schemas"]["CampaignMember"][];
            moving_count: number;
            /** @description plans that are being made */
            planning: number;
            /** @description what would move it, and who may */
            next: null | {
                text: string;
                role: components["schemas"]["Role"];
                who?: string;
                event?: string;
            };
            allowed_actions: components["schemas"]["AllowedActions"];
            seq: number;
        };
        MigrationRow: {
            id: components["schemas"]["MigrationId"];
            migration: components["schemas"]["Ref"];
            /** @description of the plan */
            name?: string;
            state: components["schemas"]["State"];
            since_ms: components["schemas"]["Time"];
            /** @description why it is in this state */
            reason?: string;
            actor?: components["schemas"]["Identity"];
            author: components["schemas"]["Identity"];
            digest?: components["schemas"]["Digest"];
            source_url?: string;
            target_url?: string;
            /** @description a forward step has been leased */
            has_effects: boolean;
            /** @description the rollback is held */
            held: boolean;
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
        };
        Migration: {
            id: components["schemas"]["MigrationId"];
            migration: components["schemas"]["Ref"];
            /** @description of the plan */
            name?: string;
            state: components["schemas"]["State"];
            since_ms: components["schemas"]["Time"];
            /** @description why it is in this state */
            reason?: string;
            actor?: components["schemas"]["Identity"];
            author: components["schemas"]["Identity"];
            digest?: components["schemas"]["Digest"];
            source_url?: string;
            target_url?: string;
            /** @description a forward step has been leased */
            has_effects: boolean;
            /** @description the rollback is held */
            held: boolean;
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
            /** @description what would move it, and who may */
            next: null | {
                text: string;
                role: components["schemas"]["Role"];
                who?: string;
                event?: string;
            };
            steps: components["schemas"]["Step"][];
            /** @description While a plan is made, or drift is looked for, how far that is. Absent when nobody is at it, or nothing is counted. */
            look?: {
                done?: number;
                total?: number;
                /** @example repositories */
                unit?: string;
            };
            throttle?: components["schemas"]["Throttle"];
            pace?: components["schemas"]["Pace"];
            /** @description consumers of whom something failed, and who are left to people while the others go on; absent without any */
            left?: string[];
            quarantine: {
                rows: number;
                tasks: number;
            };
            approvals: components["schemas"]["Approval"][];
            quorum: {
                needed: number;
                given: number;
                self_approval: boolean;
            };
            allowed_actions: components["schemas"]["AllowedActions"];
            expires_at_ms?: components["schemas"]["Time"];
            soak_until_ms?: components["schemas"]["Time"];
            window_until_ms?: components["schemas"]["Time"];
            keep_until_ms?: components["schemas"]["Time"];
            mixed_by?: components["schemas"]["Identity"];
            diagnostics?: components["schemas"]["Diagnostic"][];
            differences?: string[];
            /** @description what is neither as it was nor as it was to be */
            mixed?: Record<string, never>[];
            seq: components["schemas"]["Seq"];
        };
        /** @description about how many, and bounds that hold 95 times of 100 */
        Guess: {
            about: number;
            low: number;
            high: number;
        };
        /** @description what a trial of some rows says about all of them; only `problem` where there was none */
        Forecast: {
            problem?: string;
            /** @description that there were, but for what the source's own condition leaves out */
            rows?: number;
            /** @description of them, in the trial */
            rows_read?: number;
            /** @description of the source, from which they came */
            parts?: number;
            /** @description all were read: nothing is guessed */
            whole?: boolean;
            /** @description why rows of the trial cannot be mapped, by target column */
            reasons?: {
                column?: string | null;
                reason: string;
                rows: number;
            }[];
            rows_out?: components["schemas"]["Guess"];
            rejected?: components["schemas"]["Guess"];
            bytes?: components["schemas"]["Guess"];
            estimate_ms?: number;
        };
        Report: {
            id: components["schemas"]["MigrationId"];
            migration: components["schemas"]["Ref"];
            /** @description of the plan */
            name?: string;
            state: components["schemas"]["State"];
            since_ms: components["schemas"]["Time"];
            /** @description why it is in this state */
            reason?: string;
            actor?: components["schemas"]["Identity"];
            author: components["schemas"]["Identity"];
            digest?: components["schemas"]["Digest"];
            source_url?: string;
            target_url?: string;
            /** @description a forward step has been leased */
            has_effects: boolean;
            /** @description the rollback is held */
            held: boolean;
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
            approvals: components["schemas"]["Approval"][];
            steps: {
                name: string;
                action: string;
                status: string;
                /** @description from its beginning to its end */
                ms?: number;
            }[];
            forecast: null | components["schemas"]["Forecast"];
            outcome: null | {
                /** @description written */
                rows_out: number;
                /** @description put aside */
                rejected: number;
                /** @description of the rows as they are hashed */
                bytes?: number;
                ranges?: number;
                /** @description sum of the rows' hashes */
                hash: string;
                /** @description that the steps took whose time depends on rows */
                ms?: number;
                /** @description a throttle of its own was set at some time, or one of its campaign while rows moved; absent where none was */
                throttled?: boolean;
                /** @description how long it was halted or paused meanwhile; absent where it never was */
                stood_ms?: number;
                /** @description how often a part was tried again, since it met trouble; absent where none was */
                tried_again?: number;
                tried_again_at_ms?: components["schemas"]["Time"];
                /** @description rows that were copied again, since writers went on; absent where they were stopped */
                followed?: number;
            };
        };
        Approval: {
            actor: components["schemas"]["Identity"];
            at_ms: components["schemas"]["Time"];
            digest: components["schemas"]["Digest"];
            policy: string;
            /** @description the author approved */
            self: boolean;
            reason?: string;
            withdrawn_at_ms?: components["schemas"]["Time"];
        };
        /** @description how fast rows may move, and what makes them wait; of a lease its share. What is absent limits nothing */
        Throttle: {
            rows_per_second?: number;
            /** @description of rows as they are hashed, which is the same in every store */
            bytes_per_second?: number;
            replication_lag_seconds?: number;
            /** @description one minute's load of the worker's machine, of its processors */
            load_percent?: number;
            /** @description others that the source's or the target's store works for */
            active_sessions?: number;
            /** @description one of the `throttle_commands` of honk.yaml */
            command?: string;
        };
        /** @description how changes of code go out, and how many may fail */
        Pace: {
            /** @description consumers whose code is changed */
            of: number;
            /**
             * @description so many, or such a share, may fail while the others go on
             * @example 3
             * @example 5%
             */
            max_failures?: string;
            /** @description so long the changes of a wave are merged, and the builds of what they were merged into green, before the next */
            soak_ms?: number;
            /** @description the first so many are merged by people */
            by_hand?: number;
        };
        Step: {
            name: string;
            action: string;
            text: string;
            reverse_text?: string;
            phase: components["schemas"]["Phase"];
            status: components["schemas"]["Status"] | "reversed";
            /**
             * @description its tasks are parts of it
             * @constant
             */
            split?: true;
            /** @description how many of each status */
            tasks: {
                [key: string]: number;
            };
            progress: {
                done: number;
                total: number;
                /** @description per second */
                rate: number;
                unit?: string;
                eta_ms?: number;
                /** @description what it is at, beside or after counting */
                note?: string;
                /** @description of rows as they are hashed; unknown of ranges that a lost worker had finished */
                bytes?: number;
                /** @description per second */
                byte_rate?: number;
                /** @description what the throttle waits for right now */
                slowed?: string;
            };
            /** @description what one of its parts waits for: a pull request, by its number and address, or builds */
            waits?: string;
            error?: string;
            /** @description parts that met trouble are tried again: how often one of them was tried, how often it may be at least, and when the next one is */
            retry?: {
                tried: number;
                left: number;
                at_ms: components["schemas"]["Time"];
            };
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
        };
        TaskProgress: {
            done?: number;
            total?: number;
            unit?: string;
            rate?: number;
            note?: string;
            bytes?: number;
            /** @description what the throttle waits for */
            slowed?: string;
        };
        Task: {
            id: string;
            plan: components["schemas"]["MigrationId"];
            /** @description empty for tasks of the plan itself */
            step: string;
            action: string;
            /** @description empty for the task that stands for its step */
            key: string;
            phase: components["schemas"]["Phase"];
            status: components["schemas"]["Status"];
            reason?: string;
            actor?: components["schemas"]["Identity"];
            worker?: string;
            error_code?: string;
            error?: string;
            progress?: components["schemas"]["TaskProgress"];
            evidence?: unknown;
            intent?: unknown;
            since_ms: components["schemas"]["Time"];
            attempt: number;
            tries?: number;
            lease_until_ms?: components["schemas"]["Time"];
            wake_at_ms?: components["schemas"]["Time"];
            wake_event?: string;
            created_at_ms: components["schemas"]["Time"];
            started_at_ms?: components["schemas"]["Time"];
            ended_at_ms?: components["schemas"]["Time"];
            weight?: number;
            allowed_actions?: components["schemas"]["AllowedActions"];
        };
        /** @description docs/formats/api.md */
        Lease: {
            id: string;
            plan: components["schemas"]["MigrationId"];
            action: string;
            phase: components["schemas"]["Phase"];
            /** @enum {unknown} */
            mode: "run" | "probe";
            attempt: number;
            token: components["schemas"]["Token"];
            lease_ms: number;
            throttle?: components["schemas"]["Throttle"];
            pace?: components["schemas"]["Pace"];
            /** @description consumers of whom something failed while the plan went on */
            left?: string[];
            /** @description what the last report that had one left for this lease */
            checkpoint?: Record<string, never> | null;
            /** @description its plan stands still: look at it, and do nothing but go back */
            held?: boolean;
            /** @description why its plan is rolled back, in people's words; absent else */
            why?: string;
            signals?: components["schemas"]["Signal"][];
        };
        /** @description what somebody said to a task, kept until a report has taken notice of it */
        Signal: {
            /** @description never used again within the task */
            n: number;
            signal: string;
            actor: components["schemas"]["Identity"];
            reason?: string;
            at_ms: components["schemas"]["Time"];
        };
        Outcome: {
            /** @enum {unknown} */
            kind: "done" | "already" | "drift" | "wait" | "more" | "released" | "error" | "applied" | "not_applied" | "partly";
            until_ms?: components["schemas"]["Time"];
            message?: string;
            /** @description for the next lease of the task; at most 64 KiB */
            checkpoint?: Record<string, never>;
            /** @description signals up to this number were taken notice of */
            signals_seen?: number;
            /** @description of a wait: limits that the task counts against no more */
            frees?: string[];
        };
        Event: {
            seq: components["schemas"]["Seq"];
            at_ms: components["schemas"]["Time"];
            type: string;
            plan?: components["schemas"]["MigrationId"];
            task?: string;
            step?: string;
            actor?: components["schemas"]["Identity"];
            from?: string;
            to?: string;
            reason?: string;
            data?: unknown;
        };
        Lineage: {
            ref: components["schemas"]["Ref"];
            direction: string;
            depth: number;
            entities: Record<string, never>[];
            edges: Record<string, never>[];
            truncated: boolean;
        };
    };
    responses: {
        /** @description A plan is being made; the migration is in state `draft` until it is */
        Created: {
            headers: {
                Location?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    id: components["schemas"]["MigrationId"];
                };
            };
        };
        /** @description Done; the state that it is in now */
        CampaignState: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    state: components["schemas"]["CampaignStateName"];
                };
            };
        };
        /** @description Done; the state that it is in now */
        State: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    state?: components["schemas"]["State"];
                    held?: boolean;
                    /** @description as it is now */
                    throttle?: null | components["schemas"]["Throttle"];
                    pace?: components["schemas"]["Pace"];
                };
            };
        };
        /** @description Done; the status that the task has now */
        Status: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    status?: components["schemas"]["Status"];
                };
            };
        };
        /** @description Events in order; `seq` is where the next call goes on */
        Events: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "text/event-stream": string;
                "application/json": {
                    items: components["schemas"]["Event"][];
                    next: components["schemas"]["Next"];
                    seq: components["schemas"]["Seq"];
                };
            };
        };
        /** @description Something else: 405, 421, 429, 500, 503, 507 */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is wrong */
        Invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Nobody knows who is asking */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not allowed; says whom to ask */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No such thing */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description As many wait as may: come again after `Retry-After` seconds */
        ComeAgain: {
            headers: {
                "Retry-After": number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not from this state (`wrong_state`), the world moved (`drift`), another digest (`mismatch`) or an old token (`fenced`) */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A body is needed */
        LengthRequired: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is over the limit */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is of another type */
        UnsupportedType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The idempotency key was used for another request */
        KeyReused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description an id, an entity's ref (with %2F) or its short name */
        Migration: string;
        Task: string;
        /** @description a `rollout_id`, or the id of its task */
        Rollout: string;
        /** @description an id (`c-…`), an entity's ref, or its short name */
        Campaign: string;
        Limit: number;
        /** @description `next` of the page before */
        After: string;
        /** @description only events after this number */
        AfterSeq: number;
        /** @description begin with the last so many of all; of a migration, of its own */
        Last: number;
        /** @description types, or first words of them, separated by commas: `plan.state,task` */
        EventTypes: string;
        /** @description resume a stream after this number */
        LastEventId: string;
        /** @description anything: a page from elsewhere cannot send it */
        Portal: string;
        IdempotencyKey: string;
    };
    requestBodies: {
        Reason: {
            content: {
                "application/json": {
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        ReasonNeeded: {
            content: {
                "application/json": {
                    reason: components["schemas"]["Reason"];
                };
            };
        };
    };
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    home: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A small page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["Invalid"];
            default: components["responses"]["Problem"];
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                        version: string;
                        /** Format: uri */
                        url: string;
                        uptime_ms: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            default: components["responses"]["Problem"];
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ready";
                        seq: components["schemas"]["Seq"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            default: components["responses"]["Problem"];
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Exposition format 0.0.4 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["Invalid"];
            default: components["responses"]["Problem"];
        };
    };
    asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/javascript": string;
                    "text/css": string;
                    "image/svg+xml": string;
                };
            };
            /** @description It is what the browser has */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Invalid"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header: {
                /** @description anything: a page from elsewhere cannot send it */
                "Honk-Portal": components["parameters"]["Portal"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    token?: string;
                    /** @description one of `session.people` */
                    person?: string;
                };
            };
        };
        responses: {
            /** @description Who one is from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Who"];
                };
            };
            400: components["responses"]["Invalid"];
            403: components["responses"]["Forbidden"];
            default: components["responses"]["Problem"];
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header: {
                /** @description anything: a page from elsewhere cannot send it */
                "Honk-Portal": components["parameters"]["Portal"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nobody is logged in any more */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["Invalid"];
            403: components["responses"]["Forbidden"];
            default: components["responses"]["Problem"];
        };
    };
    whoami: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The one who asks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Who"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    migrate: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MigrateRequest"];
                "text/plain": components["schemas"]["MigrateRequest"];
            };
        };
        responses: {
            201: components["responses"]["Created"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            429: components["responses"]["ComeAgain"];
            default: components["responses"]["Problem"];
        };
    };
    listMigrations: {
        parameters: {
            query?: {
                /** @description states, separated by commas */
                state?: string;
                /** @description part of a name */
                q?: string;
                /** @description without those of campaigns */
                apart?: "0" | "1" | "true" | "false" | "";
                /** @description those that wait for who asks: for a yes, a start, help, or a new plan */
                mine?: "0" | "1" | "true" | "false" | "";
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of migrations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["MigrationRow"][];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    planMigration: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanRequest"];
                "text/plain": components["schemas"]["PlanRequest"];
            };
        };
        responses: {
            201: components["responses"]["Created"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    readMigration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The migration */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Migration"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    readPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan as it was frozen, and what was only observed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: components["schemas"]["MigrationId"];
                        digest: components["schemas"]["Digest"];
                        /** @description docs/formats/plan.md */
                        plan: Record<string, never>;
                        /** @description docs/formats/plan.md has the others */
                        observations?: {
                            /** @description where each column is computed, as both stores said when the plan was made */
                            places?: {
                                columns: {
                                    target: string;
                                    /** @description in words */
                                    rule?: string;
                                    /** @enum {string} */
                                    place: "source" | "mover" | "target" | "store";
                                    why?: string;
                                }[];
                                /** @description why the stores do not do more by themselves */
                                note?: string;
                            };
                        } | null;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    planAgain: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            201: components["responses"]["Created"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    readReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    approve: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description with or without `sha256:`; 8 hex digits are enough */
                    digest: string;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    withdraw: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    reject: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    start: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    pause: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    resume: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    cancel: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    halt: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    rollback: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    reason?: components["schemas"]["Reason"];
                    /** @description rows written to the target since the swap may be lost */
                    give_up_rows?: boolean;
                    /** @description names of steps; absent or empty means all of it */
                    scope?: string[];
                };
            };
        };
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    throttle: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    rows_per_second?: number;
                    bytes_per_second?: number;
                    replication_lag_seconds?: number;
                    load_percent?: number;
                    active_sessions?: number;
                    /** @description one of the `throttle_commands` of honk.yaml */
                    command?: string;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    pace: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description a count, or a share of the consumers whose code is changed
                     * @example 3
                     * @example 5%
                     */
                    max_failures?: string;
                    soak_ms?: number;
                    by_hand?: number;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    hold: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    goOn: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    retire: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["ReasonNeeded"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    acceptMixed: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["ReasonNeeded"];
        responses: {
            200: components["responses"]["State"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    followMigration: {
        parameters: {
            query?: {
                /** @description types, or first words of them, separated by commas: `plan.state,task` */
                type?: components["parameters"]["EventTypes"];
                limit?: components["parameters"]["Limit"];
                /** @description only events after this number */
                after?: components["parameters"]["AfterSeq"];
                /** @description begin with the last so many of all; of a migration, of its own */
                last?: components["parameters"]["Last"];
            };
            header?: {
                /** @description resume a stream after this number */
                "Last-Event-ID"?: components["parameters"]["LastEventId"];
            };
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Events"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    listTasks: {
        parameters: {
            query?: {
                /** @description statuses, separated by commas */
                status?: string;
                /** @description a step's name */
                step?: string;
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path: {
                /** @description an id, an entity's ref (with %2F) or its short name */
                id: components["parameters"]["Migration"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tasks, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Task"][];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    listRollouts: {
        parameters: {
            query?: {
                /** @description states, separated by commas */
                state?: string;
                service?: string;
                /** @description its id, its entity's ref or its short name */
                migration?: string;
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rollouts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RolloutRow"][];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    rollOut: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RolloutRequest"];
                "text/plain": components["schemas"]["RolloutRequest"];
            };
        };
        responses: {
            /** @description It will be rolled out; `rollout_id` names it from now on */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutTold"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            429: components["responses"]["ComeAgain"];
            default: components["responses"]["Problem"];
        };
    };
    readRollout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rollout */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rollout"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    promoteRollout: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @default false */
                    full?: boolean;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            /** @description Said; the state that it was in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutTold"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    pauseRollout: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            /** @description Said; the state that it was in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutTold"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    resumeRollout: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            /** @description Said; the state that it was in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutTold"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    retryRollout: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            /** @description Said; the state that it was in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutTold"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    rollbackRollout: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description a `rollout_id`, or the id of its task */
                id: components["parameters"]["Rollout"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            /** @description Said; the state that it was in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutTold"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    listConsumers: {
        parameters: {
            query?: {
                /** @description its id, its entity's ref or its short name */
                migration?: string;
                /** @description stands, separated by commas */
                stand?: string;
                /** @description an owner's ref */
                owner?: string;
                /** @description part of a name */
                q?: string;
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of consumers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ConsumerLine"][];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    countConsumers: {
        parameters: {
            query?: {
                /** @description its id, its entity's ref or its short name */
                migration?: string;
                /** @description an owner's ref */
                owner?: string;
                /** @description part of a name */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsumersSummary"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    countEnds: {
        parameters: {
            query?: {
                /** @description its id, its entity's ref or its short name */
                migration?: string;
                /** @description an owner's ref */
                owner?: string;
                /** @description part of a name */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Numbers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsumersNumbers"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    listCampaigns: {
        parameters: {
            query?: {
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of campaigns */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CampaignRow"][];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    beginCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a ref, or a short name */
                    entity: string;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            /** @description It has begun, in state `review` */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: components["schemas"]["CampaignId"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    readCampaign: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The campaign */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Campaign"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /** @description states, separated by commas; `unplanned` where there is no plan yet */
                state?: string;
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of members, in the order of the campaign */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CampaignMember"][];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    planCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            /** @description So many plans are being made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        planned: number;
                        left: number;
                        problems: {
                            migration: components["schemas"]["Ref"];
                            why: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    reviewCampaign: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The review */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CampaignReview"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    approveCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description with or without `sha256:`; 8 hex digits are enough for what waits now */
                    digest: string;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            /** @description Which plans it counts for */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description yeses that count */
                        counted: number;
                        /** @description plans that have enough of them now */
                        approved: number;
                        digest: components["schemas"]["Digest"];
                        not_covered: {
                            migration: components["schemas"]["Ref"];
                            plan: components["schemas"]["MigrationId"];
                            digest: components["schemas"]["Digest"];
                            why: string;
                        }[];
                        /** @description at most 200 */
                        exceptions: components["schemas"]["CampaignException"][];
                        /** @description exceptions in all */
                        others: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    rejectCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["CampaignState"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    startCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["CampaignState"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    pauseCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["CampaignState"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    resumeCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["CampaignState"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    throttleCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    rows_per_second?: number;
                    bytes_per_second?: number;
                    replication_lag_seconds?: number;
                    load_percent?: number;
                    active_sessions?: number;
                    /** @description one of the `throttle_commands` of honk.yaml */
                    command?: string;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            /** @description as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        throttle: null | components["schemas"]["Throttle"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    haltCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["CampaignState"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    cancelCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["CampaignState"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    rollbackCampaign: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description an id (`c-…`), an entity's ref, or its short name */
                id: components["parameters"]["Campaign"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    reason?: components["schemas"]["Reason"];
                    /** @description rows written to the targets since their swap may be lost */
                    give_up_rows?: boolean;
                };
            };
        };
        responses: {
            200: components["responses"]["CampaignState"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    lease: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description its name, new for each life */
                    worker: string;
                    /** @description what it can reach, as in `store:listening` */
                    labels?: string[];
                    wait_ms?: number;
                };
            };
        };
        responses: {
            /** @description A task */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lease"];
                };
            };
            /** @description Nothing to do */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            default: components["responses"]["Problem"];
        };
    };
    readTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: components["schemas"]["Token"];
                    progress?: components["schemas"]["TaskProgress"];
                    /** @description the repositories, as honk.yaml names them, to whose host it is about to write: the answer says when its turn is */
                    writes?: string;
                };
            };
        };
        responses: {
            /** @description The lease is extended; `stop` asks to come to an end */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        stop: boolean;
                        lease_ms: number;
                        throttle?: components["schemas"]["Throttle"];
                        /** @description after `writes`: how long to wait before the write; over 10000 it has no turn yet, and asks again */
                        wait_ms?: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            default: components["responses"]["Problem"];
        };
    };
    intent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: components["schemas"]["Token"];
                    pre_state: Record<string, never>;
                };
            };
        };
        responses: {
            /** @description It is written */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            default: components["responses"]["Problem"];
        };
    };
    report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: components["schemas"]["Token"];
                    outcome: components["schemas"]["Outcome"];
                };
            };
        };
        responses: {
            200: components["responses"]["Status"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            default: components["responses"]["Problem"];
        };
    };
    retryTask: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Reason"];
        responses: {
            200: components["responses"]["Status"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    skipTask: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["ReasonNeeded"];
        responses: {
            200: components["responses"]["Status"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    doneTask: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: components["parameters"]["Task"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: components["schemas"]["Reason"];
                    evidence?: Record<string, never>;
                };
            };
        };
        responses: {
            200: components["responses"]["Status"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    listEntities: {
        parameters: {
            query?: {
                /** @description as in `component`, in any case */
                kind?: string;
                /** @description `spec.type` */
                type?: string;
                /** @description as in `group:default/identity` */
                owner?: string;
                /** @description part of a ref or title */
                q?: string;
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entities, by ref; `ref`, `owner` and `origin` (who keeps it: `files`, `api`, `backstage`) stand beside each entity's own members */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            ref: components["schemas"]["Ref"];
                            origin: string;
                        }[];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    applyEntities: {
        parameters: {
            query?: {
                /** @description only say what would change */
                dry_run?: "0" | "1" | "true" | "false" | "";
                /** @description where the documents come from */
                file?: string;
            };
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
                "application/json": Record<string, never> | unknown[];
                "text/plain": string;
            };
        };
        responses: {
            /** @description What changed, or would */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        added: number;
                        changed: number;
                        unchanged: number;
                        removed: number;
                        refs: components["schemas"]["Ref"][];
                        /** @constant */
                        dry_run?: true;
                        diagnostics?: components["schemas"]["Diagnostic"][];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    readEntity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                kind: string;
                namespace: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entity and its relations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ref: components["schemas"]["Ref"];
                        owner: string;
                        entity: Record<string, never>;
                        relations: {
                            type: string;
                            targetRef: components["schemas"]["Ref"];
                        }[];
                        file?: string;
                        line?: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    lineage: {
        parameters: {
            query: {
                ref: string;
                direction?: "up" | "down" | "both";
                depth?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who feeds it, and whom it feeds */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ref: components["schemas"]["Ref"];
                        upstream?: components["schemas"]["Lineage"];
                        downstream?: components["schemas"]["Lineage"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    followEvents: {
        parameters: {
            query?: {
                /** @description a migration */
                plan?: string;
                /** @description types, or first words of them, separated by commas: `plan.state,task` */
                type?: components["parameters"]["EventTypes"];
                limit?: components["parameters"]["Limit"];
                /** @description only events after this number */
                after?: components["parameters"]["AfterSeq"];
                /** @description begin with the last so many of all; of a migration, of its own */
                last?: components["parameters"]["Last"];
            };
            header?: {
                /** @description resume a stream after this number */
                "Last-Event-ID"?: components["parameters"]["LastEventId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Events"];
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    listLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All limits */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            resource: string;
                            count: number;
                            /** @description tasks */
                            in_use: number;
                            /** @description of campaigns that have a place here, if there are any */
                            plans?: number;
                        }[];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    changeLimit: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    resource: string;
                    count: number;
                    reason?: components["schemas"]["Reason"];
                };
            };
        };
        responses: {
            /** @description It is changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            422: components["responses"]["KeyReused"];
            default: components["responses"]["Problem"];
        };
    };
    takeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description repositories of honk.yaml */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It is from the host */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description how many changes are looked at because of it */
                        looks: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            default: components["responses"]["Problem"];
        };
    };
    listTokens: {
        parameters: {
            query?: {
                limit?: components["parameters"]["Limit"];
                /** @description `next` of the page before */
                after?: components["parameters"]["After"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tokens */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: components["schemas"]["TokenId"];
                            identity: components["schemas"]["Identity"];
                            note: string;
                            created_at_ms: components["schemas"]["Time"];
                            expires_at_ms?: components["schemas"]["Time"];
                            revoked_at_ms?: components["schemas"]["Time"];
                        }[];
                        next: components["schemas"]["Next"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            default: components["responses"]["Problem"];
        };
    };
    makeToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description `user:…`, `service:…`, `worker:…`, or a user's short name */
                    identity: string;
                    note?: string;
                    /** @default 7776000 */
                    ttl_s?: number;
                };
            };
        };
        responses: {
            /** @description The token */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: components["schemas"]["TokenId"];
                        token: string;
                        identity: components["schemas"]["Identity"];
                        expires_at_ms: components["schemas"]["Time"];
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            default: components["responses"]["Problem"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is revoked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    storeBlob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
                "application/json": unknown;
            };
        };
        responses: {
            /** @description Its name */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: components["schemas"]["Digest"];
                        bytes: number;
                    };
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            411: components["responses"]["LengthRequired"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            default: components["responses"]["Problem"];
        };
    };
    readBlob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                digest: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            400: components["responses"]["Invalid"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
}
