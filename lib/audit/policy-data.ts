// lib/audit/policy-data.ts: which symbol versions and libraries each policy of PEP 600 and PEP 656 leaves to the host.
//
// Written by scripts/audit/policies.mjs; the facts are those of auditwheel 6.8.2.

import type { PolicyFamily } from "./policy-facts.js";

/** For glibc. */
export const MANYLINUX: PolicyFamily = {
  policies: [
    {
      name: "manylinux_2_5",
      aliases: ["manylinux1"],
      versions: {
        x86_64: {
          CXXABI: "1.3 1.3.1",
          GCC: "3.0 3.3 3.3.1 3.4 3.4.2 3.4.4 4.0.0 4.2.0",
          GLIBC: "2.2.5 2.2.6 2.3 2.3.2 2.3.3 2.3.4 2.4 2.5",
          GLIBCXX: "3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.4.7 3.4.8",
          LIBATOMIC: "",
          ZLIB: "",
        },
      },
      libraries:
        "libatomic.so.1 libgcc_s.so.1 libstdc++.so.6 libm.so.6 libanl.so.1 libdl.so.2 librt.so.1 libc.so.6 libnsl.so.1 libutil.so.1 libpthread.so.0 libX11.so.6 libXext.so.6 libXrender.so.1 libICE.so.6 libSM.so.6 libGL.so.1 libgobject-2.0.so.0 libgthread-2.0.so.0 libglib-2.0.so.0 libresolv.so.2 libz.so.1",
    },
    {
      name: "manylinux_2_12",
      aliases: ["manylinux2010"],
      versions: {
        x86_64: {
          CXXABI: "1.3.2 1.3.3",
          GCC: "4.3.0",
          GLIBC: "2.6 2.7 2.8 2.9 2.10 2.11 2.12",
          GLIBCXX: "3.4.9 3.4.10 3.4.11 3.4.12 3.4.13",
          ZLIB: "1.2.0 1.2.0.2 1.2.0.8 1.2.2 1.2.2.3 1.2.2.4",
        },
      },
      libraries: "libexpat.so.1",
    },
    {
      name: "manylinux_2_17",
      aliases: ["manylinux2014"],
      versions: {
        x86_64: {
          CXXABI: "1.3.4 1.3.5 1.3.6 1.3.7 TM_1",
          GCC: "4.7.0 4.8.0",
          GLIBC: "2.13 2.14 2.15 2.16 2.17",
          GLIBCXX: "3.4.14 3.4.15 3.4.16 3.4.17 3.4.18 3.4.19",
          ZLIB: "1.2.3.3 1.2.3.4 1.2.3.5 1.2.5.1 1.2.5.2",
        },
        aarch64: {
          CXXABI: "1.3 1.3.1 1.3.2 1.3.3 1.3.4 1.3.5 1.3.6 1.3.7 TM_1",
          GCC: "3.0 3.3 3.3.1 3.4 3.4.2 3.4.4 4.0.0 4.2.0 4.3.0 4.5.0 4.7.0",
          GLIBC: "2.0 2.17 2.18",
          GLIBCXX:
            "3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.4.7 3.4.8 3.4.9 3.4.10 3.4.11 3.4.12 3.4.13 3.4.14 3.4.15 3.4.16 3.4.17 3.4.18 3.4.19",
          LIBATOMIC: "1.0",
          ZLIB: "1.2.0 1.2.0.2 1.2.0.8 1.2.2 1.2.2.3 1.2.2.4 1.2.3.3 1.2.3.4 1.2.3.5 1.2.5.1 1.2.5.2",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_24",
      aliases: [],
      versions: {
        x86_64: {
          CXXABI: "1.3.8 1.3.9 1.3.10 FLOAT128",
          GLIBC: "2.18 2.22 2.23 2.24",
          GLIBCXX: "3.4.20 3.4.21 3.4.22",
          LIBATOMIC: "1.0 1.1 1.2",
        },
        aarch64: {
          CXXABI: "1.3.8 1.3.9 1.3.10",
          GLIBC: "2.22 2.23 2.24",
          GLIBCXX: "3.4.20 3.4.21 3.4.22",
          LIBATOMIC: "1.1 1.2",
        },
      },
      libraries: "libmvec.so.1",
    },
    {
      name: "manylinux_2_26",
      aliases: [],
      versions: {
        x86_64: {
          GLIBC: "2.25 2.26",
        },
        aarch64: {
          CXXABI: "1.3.11",
          GCC: "7.0.0",
          GLIBC: "2.25 2.26",
          GLIBCXX: "3.4.23 3.4.24",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_27",
      aliases: [],
      versions: {
        x86_64: {
          CXXABI: "1.3.11",
          GCC: "7.0.0",
          GLIBC: "2.27",
          GLIBCXX: "3.4.23 3.4.24",
          ZLIB: "1.2.7.1 1.2.9",
        },
        aarch64: {
          GLIBC: "2.27",
          ZLIB: "1.2.7.1 1.2.9",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_28",
      aliases: [],
      versions: {
        x86_64: {
          GLIBC: "2.28",
        },
        aarch64: {
          GLIBC: "2.28",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_31",
      aliases: [],
      versions: {
        x86_64: {
          CXXABI: "1.3.12",
          GLIBC: "2.29 2.30 2.31",
          GLIBCXX: "3.4.25 3.4.26 3.4.27 3.4.28",
        },
        aarch64: {
          CXXABI: "1.3.12",
          GLIBC: "2.29 2.30 2.31",
          GLIBCXX: "3.4.25 3.4.26 3.4.27 3.4.28",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_34",
      aliases: [],
      versions: {
        x86_64: {
          CXXABI: "1.3.13",
          GLIBC: "2.32 2.33 2.34",
          GLIBCXX: "3.4.29",
        },
        aarch64: {
          CXXABI: "1.3.13",
          GCC: "11.0",
          GLIBC: "2.32 2.33 2.34",
          GLIBCXX: "3.4.29",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_35",
      aliases: [],
      versions: {
        x86_64: {
          GCC: "12.0.0",
          GLIBC: "2.35",
          GLIBCXX: "3.4.30",
        },
        aarch64: {
          GLIBC: "2.35",
          GLIBCXX: "3.4.30",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_36",
      aliases: [],
      versions: {
        x86_64: {
          GLIBC: "2.36 ABI_DT_RELR",
        },
        aarch64: {
          GLIBC: "2.36 ABI_DT_RELR",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_37",
      aliases: [],
      versions: {
        x86_64: {
          ZLIB: "1.2.12",
        },
        aarch64: {
          ZLIB: "1.2.12",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_38",
      aliases: [],
      versions: {
        x86_64: {
          GLIBC: "2.38",
        },
        aarch64: {
          GLIBC: "2.38",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_39",
      aliases: [],
      versions: {
        x86_64: {
          CXXABI: "1.3.14 1.3.15",
          GCC: "13.0.0 14.0.0",
          GLIBC: "2.39",
          GLIBCXX: "3.4.31 3.4.32 3.4.33",
        },
        aarch64: {
          CXXABI: "1.3.14 1.3.15",
          GCC: "13.0.0 14.0 14.0.0",
          GLIBC: "2.39",
          GLIBCXX: "3.4.31 3.4.32 3.4.33",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_40",
      aliases: [],
      versions: {
        x86_64: {
          GLIBC: "2.40",
        },
        aarch64: {
          GLIBC: "2.40",
        },
      },
      libraries: "",
    },
    {
      name: "manylinux_2_41",
      aliases: [],
      versions: {
        x86_64: {
          GLIBC: "2.41",
        },
        aarch64: {
          GLIBC: "2.41",
        },
      },
      libraries: "",
    },
  ],
  forbidden: [
    {
      library: "libc.so.6",
      until: "manylinux_2_17",
      symbols: [
        "__cxa_thread_atexit_impl __issignaling __issignalingf __issignalingl",
        "pthread_getattr_default_np pthread_setattr_default_np",
      ],
    },
    {
      library: "libm.so.6",
      until: "manylinux_2_17",
      symbols: ["__issignaling __issignalingf __issignalingl"],
    },
    {
      library: "libpthread.so.0",
      until: "manylinux_2_17",
      symbols: ["pthread_getattr_default_np pthread_setattr_default_np"],
    },
    {
      library: "libz.so.1",
      until: "manylinux_2_41",
      symbols: [
        "_dist_code _length_code _tr_align _tr_flush_block _tr_init _tr_stored_block",
        "_tr_tally adler32_default crc32_acle crc32_le_vgfm_16 crc32_neon crc32_vpmsum",
        "crc32_z_default deflate_copyright gzflags inflate_copyright inflate_fast",
        "inflate_table sse2_slide_hash z_errmsg z_vstring zcalloc zcfree",
      ],
    },
    {
      library: "libz.so.1",
      until: "manylinux_2_35",
      symbols: [
        "bi_windup crc_fold_512to32 crc_fold_copy crc_fold_init deflate_medium",
        "fill_window flush_pending longest_match slide_hash_sse static_ltree",
        "x86_check_features x86_cpu_has_pclmul x86_cpu_has_sse2 x86_cpu_has_sse42",
      ],
    },
    {
      library: "libz.so.1",
      until: "manylinux_2_36",
      symbols: ["crc32_combine_gen crc32_combine_gen64 crc32_combine_op"],
    },
    {
      library: "libz.so.1",
      until: "manylinux_2_31",
      symbols: ["uncompress2"],
    },
  ],
};

/** For musl. */
export const MUSLLINUX: PolicyFamily = {
  policies: [
    {
      name: "musllinux_1_1",
      aliases: [],
      versions: {
        x86_64: {},
        aarch64: {},
      },
      libraries: "libc.so libz.so.1",
    },
    {
      name: "musllinux_1_2",
      aliases: [],
      versions: {
        x86_64: {},
        aarch64: {},
      },
      libraries: "",
    },
  ],
  forbidden: [
    {
      library: "libz.so.1",
      until: "musllinux_1_2",
      symbols: [
        "_dist_code _length_code _tr_align _tr_flush_block _tr_init _tr_stored_block",
        "_tr_tally bi_windup crc32_vpmsum crc_fold_512to32 crc_fold_copy crc_fold_init",
        "deflate_copyright deflate_medium fill_window flush_pending gzflags",
        "inflate_copyright inflate_fast inflate_table longest_match slide_hash_sse",
        "static_ltree uncompress2 x86_check_features x86_cpu_has_pclmul x86_cpu_has_sse2",
        "x86_cpu_has_sse42 z_errmsg zcalloc zcfree",
      ],
    },
  ],
};
