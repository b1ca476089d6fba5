import type { RootConfigService } from '@backstage/backend-plugin-api';

export interface HonkConfig {
  url: string;
  token: string;
  anonymousAuthor?: string;
  notifies: boolean;
}

/** Fails when the section says what cannot be. */
export function readConfig(config: RootConfigService): HonkConfig {
  const own = config.getConfig('honk');
  const url = own.getString('url').replace(/\/+$/, '');
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (scheme !== 'http:' && scheme !== 'https:') throw new Error(`honk.url is '${url}', expected an address such as http://127.0.0.1:7420`);
  const anonymousAuthor = own.getOptionalString('anonymousAuthor');
  if (anonymousAuthor !== undefined && !/^user:[^/:]+\/[^/:]+$/.test(anonymousAuthor))
    throw new Error(`honk.anonymousAuthor is '${anonymousAuthor}', expected a user's ref such as user:default/tutorial`);
  return { url, token: own.getString('token'), anonymousAuthor, notifies: own.getOptionalBoolean('notifications') ?? false };
}
