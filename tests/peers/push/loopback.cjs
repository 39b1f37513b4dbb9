// node --require ./loopback.cjs: whatever listens without saying where, listens on this machine alone.
const { Server } = require("node:net");
const listen = Server.prototype.listen;
Server.prototype.listen = function (where, ...rest) {
  if (/^\d+$/.test(String(where))) {
    const others = rest.filter((one) => one !== undefined && typeof one !== "string");
    return listen.call(this, Number(where), "127.0.0.1", ...others);
  }
  if (where && typeof where === "object" && where.port !== undefined && !where.path) {
    return listen.call(this, { ...where, host: "127.0.0.1" }, ...rest);
  }
  return listen.call(this, where, ...rest);
};
