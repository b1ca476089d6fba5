def paying(spark):
    return spark.table("acme-prod.lending.users").filter("plan <> 'free'").select("id")
