import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { expect } from 'chai';

/** The parts of an OpenAPI document that tests look at. */
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

interface DocumentedOperation {
  readonly operationId: string;
  readonly parameters: readonly object[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

/** Holds answers against the OpenAPI document of the service that gave them. */
export class Documentation {
  readonly document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(document: OpenApi) {
    this.document = document;
    ajvFormats.default(this.#ajv);
    this.#ajv.addFormat('time-or-ms', true).addFormat('binary', true).addSchema(document, 'document');
  }

  /** Compiles what a JSON pointer into the document leads to, as a schema. */
  schemaAt(...pointer: readonly string[]): ValidateFunction {
    const tokens = pointer.map((token) => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1')));
    return this.#ajv.compile({ $ref: `document#/${tokens.join('/')}` });
  }

  /** Expects that the operation, the status, the media type and the body of an answer are in the document. */
  async expectDocumented(method: string, path: string, answer: Response): Promise<void> {
    const name = method.toLowerCase();
    const documented = this.#pathOf(path, name);
    if (documented === undefined) {
      expect(answer.status, `${method} ${path} is not documented`).to.be.oneOf([404, 405]);
      return;
    }
    const { responses } = this.document.paths[documented]?.[name] ?? {};
    const where = `${answer.status} of ${method} ${documented}`;
    const response = responses?.[answer.status];
    if (response === undefined) throw new Error(`${where} is not documented`);
    const text = await answer.text();
    const [mediaType = ''] = (answer.headers.get('Content-Type') ?? '').split(';');
    if (response.content === undefined) {
      expect(text, where).to.equal('');
      return;
    }
    expect(response.content, where).to.have.property(mediaType);
    const value: unknown = mediaType.endsWith('json') ? JSON.parse(text) : text;
    const steps = ['paths', documented, name, 'responses', String(answer.status), 'content', mediaType, 'schema'];
    const validate = this.schemaAt(...steps);
    expect(validate(value), `${where}: ${text.slice(0, 200)} ${JSON.stringify(validate.errors)}`).to.equal(true);
  }

  #pathOf(path: string, method: string): string | undefined {
    const [pathname = ''] = path.split('?', 1);
    const candidates = Object.keys(this.document.paths).filter((template) => {
      const pattern = template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
      return new RegExp(`^${pattern}/?$`).test(pathname);
    });
    const taken = candidates.filter((template) => this.document.paths[template]?.[method] !== undefined);
    return taken.find((template) => !template.includes('{')) ?? taken[0];
  }
}
