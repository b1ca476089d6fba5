export interface Config {
  catalog?: {
    providers?: {
      /** What Honk knows goes into the catalog: datasets, consumers, migrations. */
      honk?: {
        /** Kinds that are taken; Component, Resource, System and Migration unless said otherwise. */
        kinds?: string[];
        /** How often Honk is asked, in seconds (60). */
        intervalSeconds?: number;
      };
    };
  };
}
