# binding.gyp: a thin door for node-gyp users; CMake is the build of record.
{
  "targets": [
    {
      "target_name": "inmem",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["<(PRODUCT_DIR)/inmem.node"],
          "action": ["node", "scripts/build-addon.mjs"]
        }
      ]
    }
  ]
}
