// Starts Swagger UI on the document that the page names.
SwaggerUIBundle({
  url: document.currentScript.dataset.document,
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  // It would ask a server elsewhere.
  validatorUrl: null,
});
