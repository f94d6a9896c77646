import { Access } from './access.ts';
import { Anomalies } from './anomalies.service.ts';
import { Appeals } from './appeals.service.ts';
import { Authoring } from './authoring.service.ts';
import { Catalogue } from './catalogue.service.ts';
import { CreditService } from './credit.service.ts';
import { LearningService } from './learning.service.ts';
import { MediaStore } from './media.store.ts';
import { MediaRequests } from './media-requests.ts';
import { Playing } from './playing.service.ts';
import type { VideoHost } from './plugin.ts';

/** The plugin's services, made once per platform. */
export function createServices(host: VideoHost, now: () => number = host.now) {
  const catalogue = new Catalogue(host.models);
  const access = new Access(host, catalogue);
  const media = new MediaStore(host.files);
  const anomalies = new Anomalies(host);
  const requests = new MediaRequests(host.models);
  const playing = new Playing({ host, catalogue, access, anomalies, requests, now });
  const appeals = new Appeals({ host, catalogue, playing, now });
  return {
    anomalies,
    catalogue,
    access,
    media,
    requests,
    authoring: new Authoring({ host, catalogue, access, media }),
    learning: new LearningService(host, catalogue),
    credit: new CreditService({ host, catalogue, appeals, now }),
    playing,
    appeals,
  };
}

export type Services = ReturnType<typeof createServices>;
