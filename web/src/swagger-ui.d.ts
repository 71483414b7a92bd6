// What docs.ts uses of https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  interface Request {
    url: string;
    userFetch?: (url: string, request: RequestInit) => Promise<Response>;
  }
  interface Options {
    domNode: HTMLElement | null;
    url: string;
    validatorUrl: string | null;
    deepLinking: boolean;
    displayRequestDuration: boolean;
    tryItOutEnabled: boolean;
    requestSnippetsEnabled: boolean;
    defaultModelsExpandDepth: number;
    requestInterceptor: (request: Request) => Request;
    plugins: (() => { wrapComponents: Record<string, () => () => null> })[];
  }
  export default function SwaggerUI(options: Options): unknown;
}
