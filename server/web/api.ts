import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import type { Viewer } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import type { Language } from '../languages.ts';
import { sessionName } from '../secrets.ts';
import { parse } from './input.ts';

/** An operation as the API keeps it, whatever its schemas. */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  summary: string;
  params?: z.ZodType | undefined;
  query?: z.ZodType | undefined;
  body?: z.ZodType | undefined;
  response: z.ZodType;
  open?: boolean | undefined;
  handle(input: OperationInput): Promise<unknown>;
}

interface OperationInput {
  params: unknown;
  query: unknown;
  body: unknown;
  viewer: Viewer;
  language: Language;
  /** Where the request came from, for limits. */
  address: string;
  session: string;
  /** For the core's operations on the session itself. */
  request: Request;
  response: Response;
}

const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    reference: z.string(),
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});

/** `/api/v1`: the services as JSON, described by `/api/v1/openapi.json` from the same schemas that check the input. */
export class Api {
  readonly router = Router();
  readonly #operations: { area: string; operation: Operation }[] = [];
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
    this.router.get('/openapi.json', (_request, response) => {
      response.json(this.document());
    });
  }

  /** @param area first part of the path, the plugin's id or a core noun */
  add(area: string, operation: Operation): void {
    this.router[operation.method](pathOf(area, operation), this.#handler(operation));
    this.#operations.push({ area, operation });
  }

  /** OpenAPI 3.1, whose schemas are JSON Schema 2020-12. */
  document(): object {
    const paths: Record<string, Record<string, object>> = {};
    for (const { area, operation } of this.#operations) {
      const documented = pathOf(area, operation).replace(/:(\w+)/g, '{$1}');
      paths[documented] = { ...paths[documented], [operation.method]: describe(area, operation) };
    }
    return {
      openapi: '3.1.0',
      info: { title: 'Xuefang (学坊)', version: this.#version },
      servers: [{ url: '/api/v1' }],
      paths,
      components: {
        schemas: { Error: z.toJSONSchema(errorSchema) },
        securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'xf.sid' } },
      },
    };
  }

  #handler(operation: Operation): RequestHandler {
    return async (request, response) => {
      const { viewer, language } = request;
      if (!viewer && !operation.open) throw errors.signInRequired();
      const input = {
        params: operation.params ? parse(operation.params, request.params, language) : {},
        query: operation.query ? parse(operation.query, request.query, language) : {},
        body: operation.body ? parse(operation.body, request.body ?? {}, language) : {},
        viewer: viewer as Viewer,
        language,
        address: request.ip ?? '',
        session: sessionName(request.sessionID ?? ''),
        request,
        response,
      };
      const result = await operation.handle(input);
      response.json(operation.response.parse(result));
    };
  }
}

const pathOf = (area: string, { path }: Operation): string => `/${area}${path === '/' ? '' : path}`;

function describe(area: string, { method, path, summary, params, query, body, response, open }: Operation): object {
  const json = (schema: z.ZodType, io: 'input' | 'output') =>
    z.toJSONSchema(schema, { io, unrepresentable: 'any', override: dates });
  const parameters = [...fields(params, 'path'), ...fields(query, 'query')].map(
    ({ name, place, schema, required }) => ({
      name,
      in: place,
      required,
      schema,
    }),
  );
  return {
    operationId: `${method}-${area}${path.replace(/[/:]+/g, '-')}`.replace(/-$/, ''),
    tags: [area],
    summary,
    ...(open ? {} : { security: [{ session: [] }] }),
    ...(parameters.length && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: json(body, 'input') } } } }),
    responses: {
      200: { description: 'OK', content: { 'application/json': { schema: json(response, 'output') } } },
      '4XX': {
        description: 'Refused, with the reason in the language of the caller',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function fields(schema: z.ZodType | undefined, place: 'path' | 'query') {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => ({
    name,
    place,
    schema: property,
    required: place === 'path' || required.includes(name),
  }));
}

/** Dates travel as ISO 8601 text. */
function dates({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: { _zod: { def: { type: string } } };
  jsonSchema: object;
}): void {
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
}
