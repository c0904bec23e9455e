// Only for `hardhat node`, the second chain we test on; ape compiles. Hardhat 3: ESM, and the chain is `networks.node`.
export default {
  solidity: {
    compilers: [
      {
        version: "0.8.37",
        path: "node_modules/solc/soljson.js",
        settings: { optimizer: { enabled: true, runs: 100000 }, evmVersion: "cancun" },
      },
    ],
  },
  networks: {
    node: {
      type: "edr-simulated",
      chainId: 31337,
      hardfork: "cancun",
      initialBaseFeePerGas: 0,
      allowBlocksWithSameTimestamp: true, // or a burst of transactions puts the chain seconds ahead of the clock
      accounts: {
        mnemonic: "test test test test test test test test test test test junk",
        path: "m/44'/60'/0'/0",
        count: 10,
        accountsBalance: "10000000000000000000000",
      },
    },
  },
};
