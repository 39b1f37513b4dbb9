// Bluesky's own PDS (@atproto/pds) with a did:plc directory in memory (@did-plc/server), on loopback only.
// node pds.mjs PLC_PORT PDS_PORT DATA_DIR    prints one line of JSON when it serves, ends on SIGTERM.
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [plcPort, pdsPort, folder] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]]
fs.mkdirSync(folder, { recursive: true })

// Both servers listen on every address unless their express app is told otherwise.
function onLoopback(app) {
  const listen = app.listen.bind(app)
  app.listen = (port, ...rest) => listen(port, '127.0.0.1', ...rest)
}

const plc = require('@did-plc/server')
const directory = plc.PlcServer.create({ db: plc.Database.mock(), port: plcPort })
onLoopback(directory.app)
await directory.start()

const pds = await import('@atproto/pds')
const env = {
  devMode: true,
  port: pdsPort,
  hostname: 'localhost',
  serviceHandleDomains: ['.test'],
  dataDirectory: folder,
  blobstoreDiskLocation: path.join(folder, 'blobs'),
  blobstoreDiskTmpLocation: path.join(folder, 'tmp'),
  didPlcUrl: `http://127.0.0.1:${plcPort}`,
  inviteRequired: false,
  adminPassword: 'admin-pass',
  jwtSecret: crypto.randomBytes(16).toString('hex'),
  dpopSecret: crypto.randomBytes(32).toString('hex'),
  plcRotationKeyK256PrivateKeyHex: crypto.randomBytes(32).toString('hex'),
  rateLimitsEnabled: false,
  disableSsrfProtection: true,
}
const server = await pds.PDS.create(pds.envToCfg(env), pds.envToSecrets(env))
onLoopback(server.app)
await server.start()
console.log(JSON.stringify({ ready: true, plc: plcPort, pds: pdsPort }))

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => {
    await server.destroy()
    await directory.destroy()
    process.exit(0)
  })
}
