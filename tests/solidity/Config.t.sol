// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ConfigWord} from "contracts/libraries/Config.sol";
import {Base} from "./Base.sol";

contract ConfigTest is Base {
    function test_config__each_field_set__then_where_the_layout_says() public pure {
        ConfigWord word = ConfigWord.wrap(0).withSet(address(0xA11CE), 7, 3, 4).withMaxAge(60).withPaused(true);
        uint256 expected = 0xA11CE | 7 << 160 | 3 << 192 | 4 << 200 | 60 << 208 | 1 << 216;
        assertEq(ConfigWord.unwrap(word), expected);
        assertEq(ConfigWord.unwrap(word.withPaused(false)), expected ^ 1 << 216);
    }
}
