// run.mjs - `make backstage`: to be looked at, until Ctrl-C.
import { Stage } from './stage.mjs';

const stage = new Stage({ port: 7007, users: 20_000 });
const stopped = new Promise(done => ['SIGINT', 'SIGTERM'].forEach(signal => process.once(signal, done)));
console.log('Backstage and the demo company start; that takes half a minute.');
try {
  await Promise.race([stage.begin(), stopped]);
  console.log(`
Backstage, as Ada, Bo or a guest:
  ${stage.url}

  ${stage.url}/create                        Move a dataset: the form
  ${stage.url}/honk                          all migrations; approve as Bo what Ada asked for
  ${stage.url}/create/templates/default/report-migration   what became of one, as a page of TechDocs
  ${stage.url}/catalog/default/resource/users-v1/honk   a dataset, and who reads it

The company is in ${stage.company.folder}, and gone when this ends (Ctrl-C).`);
  await stopped;
} finally {
  await stage.end();
}
