// Write tests/vectors/report_ethers.json: reports signed by ethers, a third implementation beside eth-account's and ours.
//
//   node tools/ethers_vectors.mjs
//
// Nothing is random: every value comes from SEED. `payload` is the text that a wallet takes by eth_signTypedData_v4, in
// ethers' own spelling: integers of the message as decimal texts, the chain id in hex, the contract in lower case.

import { writeFileSync } from "node:fs";
import { AbiCoder, Signature, TypedDataEncoder, Wallet, getAddress, keccak256, toUtf8Bytes, zeroPadBytes } from "ethers";

const SEED = "spotline ethers vectors 1";
const OUT = new URL("../tests/vectors/report_ethers.json", import.meta.url);
const CASES = 44;
const NEGATIVE_CASES = 4;
const MAX_INT64 = 2n ** 63n - 1n;
const CHAIN_IDS = [1n, 10n, 8453n, 42161n, 31337n, 2n ** 53n + 1n, MAX_INT64];
const FEEDS = ["BTC/USD", "ETH/USD", "USDT/USD", "BTC/USD-PERP", "A", "0123456789abcdef0123456789ABCDEF"];
const TYPES = {
  Report: [
    { name: "observedAt", type: "uint64" },
    { name: "feedIds", type: "bytes32[]" },
    { name: "prices", type: "int64[]" },
  ],
};

let drawn = 0;
const word = () => keccak256(toUtf8Bytes(`${SEED} ${drawn++}`));
const below = (limit) => BigInt(word()) % BigInt(limit);
const pick = (list) => list[Number(below(list.length))];
const times = (count, make) => Array.from({ length: Number(count) }, make);

// The edges of an int64 and of what JavaScript can count to, and prices of ordinary size.
const price = () => pick([0n, 1n, 2n ** 53n + 1n, MAX_INT64, below(2n ** 63n), 6_400_000_000_000n + below(10n ** 10n)]);
const negativePrice = () => pick([-1n, -(2n ** 63n), -1n - below(2n ** 63n)]);
const feedId = (name) => zeroPadBytes(toUtf8Bytes(name), 32);
const feedIds = () => times(1n + below(20), (_, i) => feedId(FEEDS[i] ?? `FEED${i}/USD`));

// A reporter set, and the key of one of its members.
function reporterSet() {
  const wallets = times(1n + below(31), () => new Wallet(word()));
  const reporters = wallets.map((wallet) => wallet.address);
  const quorum = BigInt(Math.floor(reporters.length / 2) + 1);
  const configCount = 1n + below(2n ** 32n - 1n);
  const words = AbiCoder.defaultAbiCoder().encode(["uint32", "address[]", "uint8"], [configCount, reporters, quorum]);
  return { reporters, quorum, configCount, configDigest: keccak256(words), wallet: pick(wallets) };
}

async function makeCase(makePrice) {
  const { reporters, quorum, configCount, configDigest, wallet } = reporterSet();
  const verifyingContract = getAddress(word().slice(0, 42));
  const domain = { name: "Spotline", version: "1", chainId: pick(CHAIN_IDS), verifyingContract, salt: configDigest };
  const ids = feedIds();
  const report = { observedAt: 1n + below(2n ** 32n - 1n), feedIds: ids, prices: ids.map(makePrice) };
  const signature = Signature.from(await wallet.signTypedData(domain, TYPES, report));
  return {
    chainId: domain.chainId,
    verifyingContract,
    configCount,
    configDigest,
    reporters,
    quorum,
    ...report,
    domainSeparator: TypedDataEncoder.hashDomain(domain),
    structHash: TypedDataEncoder.from(TYPES).hash(report),
    digest: TypedDataEncoder.hash(domain, TYPES, report),
    signer: wallet.address,
    r: signature.r,
    vs: signature.yParityAndS,
    payload: JSON.stringify(TypedDataEncoder.getPayload(domain, TYPES, report)),
  };
}

async function makeCases(count, makePrice) {
  const cases = [];
  for (let i = 0; i < count; i++) cases.push(await makeCase(makePrice));
  return cases;
}

// JSON has integers of any size; JavaScript's writer needs to be told.
const exact = (_, value) => (typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value);
const document = { cases: await makeCases(CASES, price), negative: await makeCases(NEGATIVE_CASES, negativePrice) };
writeFileSync(OUT, JSON.stringify(document, exact, 1) + "\n");
console.log(`${CASES} cases and ${NEGATIVE_CASES} with negative prices -> ${OUT.pathname.split("/").pop()}`);
