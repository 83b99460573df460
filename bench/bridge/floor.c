// bench/bridge/floor.c: what Node-API itself costs for each row: the same traffic with no Python behind it.
#define NAPI_VERSION 9
#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

// An error here is a fault of the benchmark: it ends it.
#define OK(call)                                                      \
  do {                                                                \
    if ((call) != napi_ok) {                                          \
      fprintf(stderr, "floor.c:%d: %s failed\n", __LINE__, #call);    \
      abort();                                                        \
    }                                                                 \
  } while (0)

static napi_value Add(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  OK(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  double a = 0;
  double b = 0;
  OK(napi_get_value_double(env, arguments[0], &a));
  OK(napi_get_value_double(env, arguments[1], &b));
  napi_value result;
  OK(napi_create_double(env, a + b, &result));
  return result;
}

static napi_value Seven(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  OK(napi_create_int32(env, 7, &result));
  return result;
}

static napi_value Echo(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  OK(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  char text[64];
  size_t length = 0;
  OK(napi_get_value_string_latin1(env, argument, text, sizeof text, &length));
  napi_value result;
  OK(napi_create_string_latin1(env, text, length, &result));
  return result;
}

static napi_value EachWay(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  OK(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  uint32_t length = 0;
  OK(napi_get_array_length(env, argument, &length));
  napi_value result;
  OK(napi_create_array_with_length(env, length, &result));
  for (uint32_t i = 0; i < length; i += 1) {
    napi_value element;
    OK(napi_get_element(env, argument, i, &element));
    int64_t number = 0;
    OK(napi_get_value_int64(env, element, &number));
    OK(napi_create_int64(env, number, &element));
    OK(napi_set_element(env, result, length - 1 - i, element));
  }
  return result;
}

static napi_value CallBack(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  OK(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  int64_t rounds = 0;
  OK(napi_get_value_int64(env, arguments[1], &rounds));
  napi_value receiver;
  OK(napi_get_undefined(env, &receiver));
  double total = 0;
  for (int64_t i = 0; i < rounds; i += 1) {
    napi_handle_scope scope;
    OK(napi_open_handle_scope(env, &scope));
    napi_value value;
    OK(napi_create_int64(env, i, &value));
    OK(napi_call_function(env, receiver, arguments[0], 1, &value, &value));
    double number = 0;
    OK(napi_get_value_double(env, value, &number));
    total += number;
    OK(napi_close_handle_scope(env, scope));
  }
  napi_value result;
  OK(napi_create_double(env, total, &result));
  return result;
}

// One job at a time: a thread of its own adds, a thread-safe function brings the answer.

typedef struct {
  napi_deferred deferred;
  double a;
  double b;
} Job;

static pthread_mutex_t g_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t g_posted = PTHREAD_COND_INITIALIZER;
static Job *g_job;
static napi_threadsafe_function g_answer;

static void *Work(void *unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&g_mutex);
    while (!g_job) pthread_cond_wait(&g_posted, &g_mutex);
    Job *job = g_job;
    g_job = NULL;
    pthread_mutex_unlock(&g_mutex);
    job->a += job->b;
    OK(napi_call_threadsafe_function(g_answer, job, napi_tsfn_nonblocking));
  }
  return NULL;
}

static void Answer(napi_env env, napi_value function, void *context, void *data) {
  (void)function;
  (void)context;
  Job *job = data;
  if (env) {
    napi_value result;
    OK(napi_create_double(env, job->a, &result));
    OK(napi_resolve_deferred(env, job->deferred, result));
  }
  free(job);
}

static napi_value AddOnThread(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  OK(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  Job *job = malloc(sizeof *job);
  if (!job) abort();
  OK(napi_get_value_double(env, arguments[0], &job->a));
  OK(napi_get_value_double(env, arguments[1], &job->b));
  napi_value promise;
  OK(napi_create_promise(env, &job->deferred, &promise));
  pthread_mutex_lock(&g_mutex);
  g_job = job;
  pthread_cond_signal(&g_posted);
  pthread_mutex_unlock(&g_mutex);
  return promise;
}

static void StartThread(napi_env env) {
  napi_value name;
  OK(napi_create_string_latin1(env, "floor", NAPI_AUTO_LENGTH, &name));
  OK(napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, Answer,
                                     &g_answer));
  pthread_t thread;
  if (pthread_create(&thread, NULL, Work, NULL) != 0) abort();
  pthread_detach(thread);
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor properties[] = {
      {"add", NULL, Add, NULL, NULL, NULL, napi_enumerable, NULL},
      {"x", NULL, NULL, Seven, NULL, NULL, napi_enumerable, NULL},
      {"echo", NULL, Echo, NULL, NULL, NULL, napi_enumerable, NULL},
      {"eachWay", NULL, EachWay, NULL, NULL, NULL, napi_enumerable, NULL},
      {"callBack", NULL, CallBack, NULL, NULL, NULL, napi_enumerable, NULL},
      {"addOnThread", NULL, AddOnThread, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  OK(napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties));
  StartThread(env);
  return exports;
}
