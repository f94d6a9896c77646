import { z } from 'zod';
import { isOperator, type Viewer } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import type { Api, Operation } from './api.ts';
import {
  codeSchema,
  organisationSchema,
  personSchema,
  programmeSchema,
  regionSchema,
  type Setup,
} from './setup.service.ts';

const made = z.object({ id: z.string() });

/** Operations with which an operator sets an empty platform up: regions, organisations, people, programmes. */
export function setupApi(api: Api, setup: Setup): void {
  const add = <B extends z.ZodType>(
    area: string,
    operation: Pick<Operation, 'method' | 'path' | 'summary'> & {
      body: B;
      handle(id: string, body: z.output<B>, viewer: Viewer): Promise<string>;
    },
  ) =>
    api.add(area, {
      ...operation,
      ...(operation.path !== '/' && { params: z.object({ id: codeSchema }) }),
      response: made,
      handle: async ({ params, body, viewer }) => {
        if (!isOperator(viewer)) throw errors.notFound();
        const { id: given = '' } = params as { id?: string };
        return { id: await operation.handle(given, body as z.output<B>, viewer) };
      },
    });

  add('regions', {
    method: 'put',
    path: '/:id',
    summary: 'Adds or replaces a region, whose id is its administrative code; operators only',
    body: regionSchema,
    handle: (id, body) => setup.putRegion(id, body).then(() => id),
  });

  add('organisations', {
    method: 'put',
    path: '/:id',
    summary: 'Adds or replaces a bureau, school or provider; operators only',
    body: organisationSchema,
    handle: (id, body) => setup.putOrganisation(id, body).then(() => id),
  });

  add('people', {
    method: 'post',
    path: '/',
    summary: 'Adds a person with grants; without a password they activate the account with a code; operators only',
    body: personSchema,
    handle: (_id, body, viewer) => setup.addPerson(body, viewer.id),
  });

  add('programmes', {
    method: 'post',
    path: '/',
    summary: 'Adds a programme as a draft; its scheme is refined and opened by the assessment plugin; operators only',
    body: programmeSchema,
    handle: (_id, body, viewer) => setup.addProgramme(body, viewer.id),
  });
}
