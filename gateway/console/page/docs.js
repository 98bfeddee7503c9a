/** Shows the OpenAPI document. To read, not to call: the public origin is another one. */
// The bundle is a script that leaves its function in the window.
Reflect.get(
  window,
  'SwaggerUIBundle',
)({
  url: '/openapi.json',
  dom_id: '#docs',
  supportedSubmitMethods: [],
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
